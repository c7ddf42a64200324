import { randomUUID } from "node:crypto";

import type { Channel } from "./channel.js";
import type { Execution } from "./execution.js";

/**
 * A hold by the peer in mid-call (switch_core_media_toggle_hold): in a bridge the other leg hears this leg's `hold_music`
 * in a loop, or nothing with `silence`. An initial INVITE on hold does not count.
 */
export class FarHold {
  readonly #channel: Channel;
  #isOn = false;
  #music: Execution | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** The media has been renegotiated. */
  follow(): void {
    const channel = this.#channel;
    if (channel.held === this.#isOn) return;
    this.#isOn = channel.held;
    channel.enterCallState(this.#isOn ? "HELD" : "UNHELD");
    if (!this.#isOn) channel.enterCallState("ACTIVE");
    channel.fire(this.#isOn ? "CHANNEL_HOLD" : "CHANNEL_UNHOLD");
    const stream = channel.variable("hold_music") ?? "local_stream://moh";
    if (!this.#isOn) this.#stop();
    else if (stream !== "silence" && channel.output.relayed && channel.otherLeg !== undefined)
      this.#play(channel.otherLeg, stream);
  }

  /** As switch_ivr_broadcast: an application nested in the running one. */
  #play(partner: Channel, stream: string): void {
    partner.applications.request({
      application: "playback",
      argument: stream,
      uuid: randomUUID(),
      uuidName: undefined,
      lock: false,
      onDone: (response) => {
        if (this.#isOn && response === "FILE PLAYED" && !partner.isDown && !this.#channel.isDown)
          this.#play(partner, stream);
      },
    });
    this.#music = partner.applications.innermost;
  }

  #stop(): void {
    const music = this.#music;
    this.#music = undefined;
    music?.break();
  }
}
