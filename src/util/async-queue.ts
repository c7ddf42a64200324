/**
 * What has happened and nobody has dealt with yet, for one reader at a time. Unlike a callback it can be left without
 * a trace, and unlike a promise it can be waited for again.
 */
export class AsyncQueue<Item> {
  readonly #items: Item[] = [];
  readonly #capacity: number;
  #arrival: { readonly promise: Promise<void>; readonly settle: () => void } | undefined;

  /** @param capacity what comes when there is so much already is dropped */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  put(item: Item): void {
    if (this.#items.length >= this.#capacity) return;
    this.#items.push(item);
    this.#arrival?.settle();
    this.#arrival = undefined;
  }

  /** The oldest that is still there. */
  take(): Item | undefined {
    return this.#items.shift();
  }

  /** Forgets all of it. */
  clear(): void {
    this.#items.length = 0;
  }

  /** Settles when there is something to take. Waiting again before it came gives the same promise. */
  async arrival(): Promise<void> {
    if (this.#items.length > 0) return;
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
