import type { Owner } from "../../e2e/support/owner.js";

/** Owns what a program starts, as a test does. */
export class Closers implements Owner {
  readonly #ends: (() => void | Promise<void>)[] = [];

  teardown(end: () => void | Promise<void>): void {
    this.#ends.push(end);
  }

  /** Ends everything, the last first; a failure does not stop the others. */
  async close(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse())
      await Promise.resolve()
        .then(end)
        .catch((error: unknown) => {
          process.stderr.write(`${String(error)}\n`);
        });
  }
}
