import process from "node:process";

import type { Admission } from "../../src/call/interfaces.js";
import { CallerNumber } from "../../src/caller/secret.js";
import { success } from "../../src/util/result.js";
import { sleep, within } from "../../src/util/wait.js";
import { CallHarness, type LivekitMemory, type SharedCallState, someAdmission } from "../support/call-harness.js";

/*
 * Wrong PINs that a guesser can test in an hour, with the default settings: the actual code of a call and the throttle,
 * in fake time. The guesser types as fast as digits are accepted, hangs up after each result, and calls again.
 */

const hourMs = 3_600_000;
/** Milliseconds from dialling to the answer, per digit, and per look-up at BBB servers. */
const setUpMs = 1_000;
const keyMs = 100;
const lookUpMs = 100;

type From = "one number" | "withheld" | "many numbers";

function admission(from: From, call: number): Admission {
  const number = CallerNumber.parse(`+49160${String(from === "many numbers" ? call : 0).padStart(8, "0")}`);
  if (!number.ok || from === "withheld") return someAdmission({ caller: { kind: "anonymous" } });
  return someAdmission({ caller: { kind: "number", number: number.value } });
}

class Guesser {
  answered = 0;
  calls = 0;
  readonly #from: From;
  readonly #shared: Required<Omit<SharedCallState, keyof LivekitMemory>>;

  constructor(from: From) {
    const { clock, hasher, throttle } = new CallHarness();
    this.#from = from;
    this.#shared = { clock, hasher, throttle };
  }

  /** @returns wrong PINs that were answered in an hour */
  async guess(channels: number): Promise<number> {
    const { clock } = this.#shared;
    for (let channel = 0; channel < channels; channel++) this.#callAgain();
    await clock.advance(hourMs);
    return this.answered;
  }

  #callAgain(): void {
    if (this.#shared.clock.now() >= hourMs) return;
    this.#call().then(
      () => {
        this.#callAgain();
      },
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exitCode = 1;
      },
    );
  }

  async #call(): Promise<void> {
    this.calls += 1;
    const world = new CallHarness(
      { typing: [], admission: success(admission(this.#from, this.calls)), lookUpMs },
      this.#shared,
    );
    let heard: () => void = () => undefined;
    const dialogue = { isOver: false };
    world.onPlay = (_endpoint, { text }) => {
      if (!text.includes("pin-unknown")) return;
      this.answered += 1;
      dialogue.isOver = text.includes("too-many-tries");
      heard();
    };
    world.begin();
    await sleep(this.#shared.clock, setUpMs);
    while (world.report === undefined && !dialogue.isOver) {
      const answer = new Promise<void>((resolve) => {
        heard = resolve;
      });
      for (const key of "00000#") {
        world.press(key);
        await sleep(this.#shared.clock, keyMs);
      }
      await within(this.#shared.clock, 60_000, answer);
    }
    if (world.report === undefined) world.call.hangUpByCaller();
    await sleep(this.#shared.clock, keyMs);
  }
}

for (const from of ["one number", "withheld", "many numbers"] as const) {
  for (const channels of [1, 10, 100]) {
    const guesser = new Guesser(from);
    const answered = await guesser.guess(channels);
    process.stdout.write(
      `${from.padEnd(14)} ${String(channels).padStart(3)} channels: ${String(answered).padStart(6)} wrong PINs an hour, ${guesser.calls} calls\n`,
    );
  }
}
