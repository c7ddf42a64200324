import { AsyncQueue } from "../util/async-queue.js";

/** The keys of a telephone as RFC 4733 names them, without A to D. */
export type Key = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "*" | "#";

const keyPattern = /^[0-9*#]$/;

/** More keys than any PIN has; what is pressed beyond is dropped, so that a stuck key fills no memory. */
const capacity = 64;

/**
 * The keys that a caller has pressed and that have not been read yet. One reader at a time. Whatever the
 * media server reports passes here first: nothing but `[0-9*#]` gets any further.
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

  /** The oldest key that has not been read. */
  take(): Key | undefined {
    return this.#keys.take();
  }

  /** Forgets what was pressed and not read. */
  clear(): void {
    this.#keys.clear();
  }

  /** The next key that is pressed is dropped if it is this one: a `#` after a PIN that was complete without it. */
  expect(key: Key): void {
    this.#expected = key;
  }

  /** Settles when there is a key to take. Waiting again before one came gives the same promise. */
  async arrival(): Promise<void> {
    await this.#keys.arrival();
  }
}

export function isKey(text: string): text is Key {
  return keyPattern.test(text);
}
