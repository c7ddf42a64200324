/** The keys of a telephone as RFC 4733 names them, without A to D. */
export type Key = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "*" | "#";

const keyPattern = /^[0-9*#]$/;

/** More keys than any PIN has; what is pressed beyond is dropped, so that a stuck key fills no memory. */
const capacity = 64;

/**
 * The keys that a caller has pressed and that have not been read yet. One reader at a time. Whatever the
 * media server reports passes here first: nothing but `[0-9*#]` gets any further.
 */
export class KeyBuffer {
  readonly #keys: Key[] = [];
  #arrival: { readonly promise: Promise<void>; readonly settle: () => void } | undefined;

  press(text: string): void {
    if (!isKey(text) || this.#keys.length >= capacity) return;
    this.#keys.push(text);
    this.#arrival?.settle();
    this.#arrival = undefined;
  }

  /** The oldest key that has not been read. */
  take(): Key | undefined {
    return this.#keys.shift();
  }

  /** Forgets what was pressed and not read. */
  clear(): void {
    this.#keys.length = 0;
  }

  /** Settles when there is a key to take. Waiting again before one came gives the same promise. */
  async arrival(): Promise<void> {
    if (this.#keys.length > 0) return;
    if (this.#arrival === undefined) {
      let settle: () => void = () => undefined;
      const promise = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.#arrival = { promise, settle };
    }
    await this.#arrival.promise;
  }
}

function isKey(text: string): text is Key {
  return keyPattern.test(text);
}
