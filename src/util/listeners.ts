/** Listeners of one recurring event. */
export class Listeners {
  readonly #listeners = new Set<() => void>();

  /** Returns the unsubscribe function. */
  add(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  call(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
