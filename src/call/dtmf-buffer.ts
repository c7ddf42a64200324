import { AsyncQueue } from "../util/async-queue.js";

/** DTMF digits of RFC 4733 section 3.2, without A to D. */
export type Key = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "*" | "#";

const keyPattern = /^[0-9*#]$/;

/** More than any PIN has. Further digits are dropped, so that a stuck key does not fill the memory. */
const capacity = 64;

/**
 * The caller's unread DTMF digits, for one reader at a time. All reports of the media server pass through here: anything
 * but `[0-9*#]` is dropped.
 */
export class DtmfBuffer {
  readonly #keys = new AsyncQueue<Key>(capacity);
  #expected: Key | undefined;

  press(text: string): void {
    if (!isKey(text)) return;
    const expected = this.#expected;
    this.#expected = undefined;
    if (text !== expected) this.#keys.put(text);
  }

  /** Removes and returns the oldest unread digit. */
  take(): Key | undefined {
    return this.#keys.take();
  }

  /** Drops all unread digits. */
  clear(): void {
    this.#keys.clear();
  }

  /** Drops the next digit if it is this one, e.g. a `#` after a PIN that completed without it. */
  expect(key: Key): void {
    this.#expected = key;
  }

  /** Resolves when a digit is available. Repeated calls before that share one promise. */
  async arrival(): Promise<void> {
    await this.#keys.arrival();
  }
}

export function isKey(text: string): text is Key {
  return keyPattern.test(text);
}
