import { AsyncQueue } from "../util/async-queue.js";
import type { Clock } from "../util/clock.js";

/** DTMF digits of RFC 4733 section 3.2, without A to D. */
export type Key = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "*" | "#";

const keyPattern = /^[0-9*#]$/;

/** More than any PIN has. Further digits are dropped, so that a stuck key does not fill the memory. */
const capacity = 64;

/** A caller who types a PIN presses its keys closer together than this, in milliseconds. */
export const typingPauseMs = 1_000;

/**
 * What may still follow a PIN that was complete without `#`. `typed-on`: digits without a pause, then a `#`; `pound`: only the
 * `#`.
 */
type Rest = "none" | "pound" | "typed-on";

/**
 * The caller's unread DTMF digits, for one reader at a time. All reports of the media server pass through here: anything
 * but `[0-9*#]` is dropped.
 */
export class DtmfBuffer {
  readonly #keys = new AsyncQueue<Key>(capacity);
  readonly #clock: Pick<Clock, "now">;
  #rest: Rest = "none";
  /** When the last key of a PIN was pressed or read, in milliseconds by the clock. */
  #typedAt = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  press(text: string): void {
    if (!isKey(text) || this.#isRest(text)) return;
    this.#keys.put(text);
  }

  /** Removes and returns the oldest unread digit. */
  take(): Key | undefined {
    return this.#keys.take();
  }

  /** Drops all unread digits. */
  clear(): void {
    this.#keys.clear();
  }

  /** The digits taken so far are a PIN, complete without `#`: drops the rest of what the caller types as the PIN. */
  completePin(): void {
    this.#rest = "typed-on";
    this.#typedAt = this.#clock.now();
  }

  /** The next PIN is read, or a conference hears the caller: digits count from now on, also without a pause after the PIN. */
  wantDigits(): void {
    if (this.#rest === "typed-on") this.#rest = "pound";
  }

  /** Resolves when a digit is available. Repeated calls before that share one promise. */
  async arrival(): Promise<void> {
    await this.#keys.arrival();
  }

  #isRest(key: Key): boolean {
    const rest = this.#rest;
    if (rest === "none") return false;
    const now = this.#clock.now();
    const isTypedOn = rest === "typed-on" && key !== "*" && key !== "#" && now - this.#typedAt < typingPauseMs;
    if (isTypedOn) this.#typedAt = now;
    else this.#rest = "none";
    return isTypedOn || key === "#";
  }
}

export function isKey(text: string): text is Key {
  return keyPattern.test(text);
}
