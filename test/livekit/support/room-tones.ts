import type { Test } from "tap";

import type { PhoneCall } from "../../../src/softphone/phone-call.js";
import { timeoutMs } from "../../support/deadline.js";
import type { Microphone } from "./livekit-side.js";

/** Each side sends a new tone that the other must hear. */
export class RoomTones {
  readonly #microphone: Microphone;
  #next = 500;

  constructor(microphone: Microphone) {
    this.#microphone = microphone;
  }

  async bothWays(t: Test, call: PhoneCall, when: string): Promise<void> {
    const [up, down] = [this.#next, this.#next + 150];
    this.#next += 300;
    call.playTone(up);
    this.#microphone.playTone(down);
    const [atRoom, atCaller] = await Promise.all([
      this.#microphone.hears(up, timeoutMs),
      call.audio.waitForTone(down, timeoutMs),
    ]);
    t.ok(atRoom, `the room hears the caller ${when}`);
    t.ok(atCaller, `the caller hears the room ${when}`);
    this.#microphone.stopTone();
    call.stopTone();
  }
}
