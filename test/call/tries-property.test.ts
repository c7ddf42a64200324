import t from "tap";

import { CallHarness, someSettings } from "../support/call-harness.js";
import { fakeConference } from "../support/fake-directory.js";
import { type Seeded, seeded } from "../support/seeded.js";

const calls = 40;
const maxSteps = 12;

/** PINs that are never typed at random, by their first digit. */
const runs = "77777";
const waitsFor = "888888";

type Step = { readonly press: string } | { readonly pauseMs: number };

/** The actions of a guesser: few different digits, so that all prefixes occur, all keys that end an entry, and pauses. */
function randomSteps(random: Seeded): readonly Step[] {
  return Array.from({ length: 1 + random.below(maxSteps) }, (): Step => {
    switch (random.below(12)) {
      case 0:
      case 5:
        return { pauseMs: 100 + random.below(3_000) };
      case 1:
        return { pauseMs: 4_500 };
      case 2:
        return { press: random.pick([`${waitsFor}#`, waitsFor, `${waitsFor}*`]) };
      case 3:
        return { press: random.pick([`${runs}#`, `*${runs}#`]) };
      case 4:
        return { press: random.pick(["*", "**", "#", "*#"]) };
      default: {
        const digits = Array.from({ length: random.pick([5, 5, 6, 6, 6, 6, 1, 3, 8]) }, () =>
          String(random.below(2)),
        ).join("");
        return { press: `${digits}${random.pick(["", "*", "**", "#", "#", "#"])}` };
      }
    }
  });
}

interface Outcome {
  /** All that the caller can observe: prompts with their times, joins, and the end. */
  readonly perceived: string;
  readonly left: readonly string[];
  readonly tries: number;
  readonly unknown: number;
}

async function call(steps: readonly Step[], extraPin: string | undefined, tries: number): Promise<Outcome> {
  const world = new CallHarness({
    typing: [],
    conferences: [fakeConference(runs), ...(extraPin === undefined ? [] : [fakeConference(extraPin)])],
    reserved: [waitsFor],
    talkMs: 3_000,
    settings: { ...someSettings, pin: { ...someSettings.pin, tries } },
  });
  const perceived: string[] = [];
  world.onPlay = (_endpoint, { text }) => {
    perceived.push(`${world.clock.now()} ${text}`);
  };
  world.begin({
    entered: () => {
      perceived.push(`${world.clock.now()} in a conference`);
      return () => undefined;
    },
  });
  await world.clock.advance(100);
  for (const step of steps) {
    if (world.report !== undefined) break;
    if ("press" in step) world.press(step.press);
    await world.clock.advance("press" in step ? 60 : step.pauseMs);
  }
  // The guesser hangs up and learns no more.
  if (world.report === undefined) world.call.hangUpByCaller();
  const heardUntil = world.clock.now();
  const report = await world.finish();
  perceived.push(`${Math.min(world.clock.now(), heardUntil)} ${report.cause}`);
  const left = await world.leftovers();
  return {
    perceived: perceived.join("\n"),
    left,
    tries: report.pinsTyped - report.lookups.filter((kind) => kind !== "unknown").length,
    unknown: world.pins.filter((kind) => kind === "unknown").length,
  };
}

/** Everything that the keys could be a PIN of, as long as PINs are in this world. */
function candidates(steps: readonly Step[]): ReadonlySet<string> {
  const keys = steps
    .map((step) => ("press" in step ? step.press : ""))
    .join("")
    .replaceAll(/[^0-9]/g, "");
  const found = new Set<string>();
  for (let at = 0; at < keys.length; at++)
    for (const length of [runs.length, waitsFor.length]) found.add(keys.slice(at, at + length));
  return new Set([...found].filter((digits) => /^[01]{5,6}$/.test(digits)));
}

await t.test("for any keys, a call reveals the correctness of at most as many PINs as it has tries", async (t) => {
  const faults: string[] = [];
  let tested = 0;
  for (let seed = 1; seed <= calls; seed++) {
    const random = seeded(seed);
    const tries = 1 + random.below(4);
    const steps = randomSteps(random);
    const wrong = await call(steps, undefined, tries);
    for (const left of wrong.left) faults.push(`seed ${seed}: ${left}`);
    let shown = 0;
    for (const digits of candidates(steps)) {
      const right = await call(steps, digits, tries);
      if (right.perceived !== wrong.perceived) shown += 1;
    }
    tested += shown;
    if (shown > wrong.tries || wrong.tries > tries)
      faults.push(`seed ${seed}: ${shown} PINs tested, ${wrong.tries} counted of ${tries}: ${JSON.stringify(steps)}`);
    if (wrong.unknown !== wrong.tries)
      faults.push(`seed ${seed}: ${wrong.unknown} in metrics, ${wrong.tries} in the report`);
  }
  t.strictSame(faults, []);
  t.ok(tested > calls / 2, `${tested} PINs were tested`);
});
