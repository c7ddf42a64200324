/**
 * A bounded queue of events for one reader at a time. Unlike a callback it needs no unsubscribe, and unlike a promise it
 * can be awaited repeatedly.
 */
export class AsyncQueue<Item> {
  readonly #items: Item[] = [];
  readonly #capacity: number;
  #arrival: { readonly promise: Promise<void>; readonly settle: () => void } | undefined;

  /** @param capacity items beyond it are dropped */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  put(item: Item): void {
    if (this.#items.length >= this.#capacity) return;
    this.#items.push(item);
    this.#arrival?.settle();
    this.#arrival = undefined;
  }

  /** Removes and returns the oldest item. */
  take(): Item | undefined {
    return this.#items.shift();
  }

  /** Drops all items. */
  clear(): void {
    this.#items.length = 0;
  }

  /** Resolves when an item is available. Repeated calls before that share one promise. */
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
