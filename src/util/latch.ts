/**
 * Something that happens at most once and is never taken back: a caller leaving, a channel ending.
 * Unlike a promise it can be listened to without leaving a reaction behind, so that a long call
 * does not collect one listener for each thing it ever waited for.
 */
export class Latch<Value> {
  #value: { readonly value: Value } | undefined;
  readonly #listeners = new Set<(value: Value) => void>();

  /** What happened, once it has. */
  get value(): Value | undefined {
    return this.#value?.value;
  }

  get isSet(): boolean {
    return this.#value !== undefined;
  }

  /** The number of those who wait; 0 when nobody is left behind. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** The first call counts, every later one is ignored. */
  set(value: Value): void {
    if (this.#value !== undefined) return;
    this.#value = { value };
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener(value);
  }

  /** Calls back when it happens, at once if it has; the returned function stops listening. */
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
