/** A latch, without its value. */
export interface Settable {
  onSet(listener: () => void): () => void;
}

/**
 * An event that happens at most once and is never reverted, e.g. a hang-up or the end of a channel. Unlike the reactions of
 * a promise, its listeners can be removed, so that a long call does not accumulate one per wait.
 */
export class Latch<Value> {
  #value: { readonly value: Value } | undefined;
  readonly #listeners = new Set<(value: Value) => void>();

  /** The value, once set. */
  get value(): Value | undefined {
    return this.#value?.value;
  }

  get isSet(): boolean {
    return this.#value !== undefined;
  }

  /** For tests: 0 if no listener leaks. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** The first call sets the value; later calls are ignored. */
  set(value: Value): void {
    if (this.#value !== undefined) return;
    this.#value = { value };
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener(value);
  }

  /** Calls `listener` when set, immediately if already set; returns the unsubscribe function. */
  onSet(listener: (value: Value) => void): () => void {
    if (this.#value !== undefined) {
      listener(this.#value.value);
      return () => undefined;
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
