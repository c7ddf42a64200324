import { DtmfBuffer, isKey } from "../call/dtmf-buffer.js";
import { KeyOnce } from "../call/key-once.js";
import type { Clock } from "../util/clock.js";
import type { FsmrfEndpoint } from "./fsmrf.js";
import { KeyTiming } from "./key-timing.js";

/** `DTMF-Source` of an RFC 4733 event (switch_channel.c), and `DTMF-Duration` units per millisecond. */
const rtpSource = "RTP";
const unitsPerMs = 8;

/** The keys that a caller presses, each once, however they are reported: as RFC 4733 events, in the audio, or by SIP INFO. */
export class PressedKeys {
  readonly buffer: DtmfBuffer;
  readonly #once: KeyOnce;
  readonly #timing: KeyTiming;

  /** @param channel the caller's, which is new: no key has been pressed on it */
  constructor(channel: Pick<FsmrfEndpoint, "on">, clock: Clock) {
    this.buffer = new DtmfBuffer(clock);
    this.#once = new KeyOnce(clock);
    this.#timing = new KeyTiming(clock);
    channel.on("dtmf", ({ dtmf, duration, source }) => {
      if (source !== rtpSource || this.#isPress(dtmf, (Number(duration) || 0) / unitsPerMs)) this.buffer.press(dtmf);
    });
  }

  /** A bridge to a conference begins. */
  bridged(): void {
    this.#timing.bridged();
    this.buffer.wantDigits();
  }

  /** The session no longer has RFC 4733 events: only SIP INFO remains. */
  withoutEvents(): void {
    this.#once.withoutMedia();
  }

  /** Takes a SIP INFO's key. */
  inInfo(key: string): void {
    if (isKey(key) && this.#once.inInfo(key)) this.buffer.press(key);
  }

  #isPress(key: string, durationMs: number): boolean {
    return this.#timing.isPossible(durationMs) && this.#once.inMedia(key, durationMs);
  }
}
