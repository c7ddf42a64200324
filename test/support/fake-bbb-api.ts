import type { Meeting } from "../../src/bbb/meetings-xml.js";
import type { Clock } from "../../src/clock.js";
import { type Result, failure, success } from "../../src/result.js";
import { fakePin } from "./fake-directory.js";

/** The API of a BBB server that is not there. */
export class FakeBbbApi {
  /** What is answered next: voiceBridges, or what is wrong with the server. */
  says: readonly string[] | { readonly fault: string };
  requests = 0;
  /** Questions that have not been answered yet. */
  open = 0;
  readonly #clock: Clock;
  readonly #answerMs: number;

  constructor(clock: Clock, says: readonly string[] | { readonly fault: string }, answerMs = 50) {
    this.#clock = clock;
    this.says = says;
    this.#answerMs = answerMs;
  }

  async getMeetings(): Promise<Result<readonly Meeting[], string>> {
    this.requests += 1;
    this.open += 1;
    await new Promise<void>((resolve) => {
      this.#clock.after(this.#answerMs, resolve);
    });
    this.open -= 1;
    const { says } = this;
    if ("fault" in says) return failure(says.fault);
    return success(says.map((voiceBridge) => ({ meetingId: `meeting-${voiceBridge}`, voiceBridge: fakePin(voiceBridge) })));
  }
}
