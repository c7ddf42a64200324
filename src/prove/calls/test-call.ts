import type { PhoneCall } from "../../softphone/phone-call.js";
import { frameMs } from "../../softphone/rtp/pacer.js";
import { type DialOptions, TestPhone, type TestPhoneOptions } from "../../softphone/test-phone.js";
import type { Clock } from "../../util/clock.js";
import type { Latch } from "../../util/latch.js";
import { within } from "../../util/wait.js";
import type { Mark } from "../mark.js";
import type { CallRoute } from "./route.js";

/** The outcome of a call. */
export interface CallOutcome {
  /** Whether the call reached its intended end. */
  readonly ok: boolean;
  /** The outcome, read after the call's title and a colon; contains no mark. */
  readonly what: string;
}

export interface Caller {
  readonly number: Mark;
  readonly name: Mark;
}

export interface TestCallTools {
  readonly route: CallRoute;
  readonly clock: Clock;
  /** Hangs up. */
  readonly stop: Latch<true>;
}

/** Includes seconds for a busy media server; einwahl itself answers immediately. */
const answerTimeoutMs = 20_000;
const promptTimeoutMs = 30_000;

/** A call from a marked caller, with its own test phone. */
export class TestCall {
  readonly call: PhoneCall;
  readonly #route: CallRoute;
  readonly #clock: Clock;
  #frames = 0;
  /** The time of the last DTMF, in milliseconds of audio. */
  #typedMs = 0;

  private constructor(call: PhoneCall, { route, clock }: TestCallTools) {
    this.call = call;
    this.#route = route;
    this.#clock = clock;
    call.audio.listenForPrompts(route.prompts);
    call.audio.onFrame(() => {
      this.#frames += 1;
    });
  }

  /**
   * Dials, passes the answered call to the callback, then hangs up. Returns after all resources are released.
   *
   * @param more changes to the dialled call
   */
  static async place(
    tools: TestCallTools,
    caller: Caller,
    more: { readonly dial?: Partial<DialOptions>; readonly phone?: Partial<TestPhoneOptions> },
    then: (call: TestCall) => Promise<CallOutcome>,
  ): Promise<CallOutcome> {
    const { route, clock, stop } = tools;
    const phone = await TestPhone.open({ ...route.phone, clock, ...more.phone });
    let closing: Promise<void> | undefined;
    const unsubscribe = stop.onSet(() => {
      closing = phone.close();
    });
    try {
      const call = await phone.dial({
        ...route.dial,
        number: caller.number.reveal(),
        display: caller.name.reveal(),
        ...more.dial,
      });
      return await then(new TestCall(call, tools));
    } finally {
      unsubscribe();
      await (closing ?? phone.close());
    }
  }

  /** How the call was refused; `undefined`: it was answered. */
  async refusal(): Promise<CallOutcome["what"] | undefined> {
    const cancelTimer = this.#clock.after(answerTimeoutMs, () => {
      this.call.hangUp().catch(() => undefined);
    });
    const answered = await this.call.answered;
    cancelTimer();
    if (answered.ok) return undefined;
    const { by, status, reason } = answered.failure;
    return by === "peer" ? `refused with ${status}` : `not answered: ${reason}`;
  }

  /** Waits for a recording after the last DTMF; by its name without a language. */
  async hears(prompt: string): Promise<boolean> {
    return (
      (await this.call.audio.waitForPrompt(`${this.#route.language}/${prompt}`, promptTimeoutMs, {
        fromMs: this.#typedMs,
      })) !== undefined
    );
  }

  async types(keys: string): Promise<boolean> {
    this.#typedMs = this.#frames * frameMs;
    return await this.call.sendDigits(keys);
  }

  /** False if the call had already ended. */
  async stays(ms: number): Promise<boolean> {
    return !(await this.ends(ms));
  }

  /** Whether the call ends within that time. */
  async ends(withinMs: number): Promise<boolean> {
    return (await within(this.#clock, withinMs, this.call.ended)) !== undefined;
  }
}
