import type { Admitted } from "./call/interfaces.js";
import { type Result, failure, success } from "./result.js";

/** The places of calls that have been admitted and are not over: how many there are, in all and over each trunk. */
export class Places {
  #taken = 0;
  readonly #takenOver = new Map<string, number>();

  get taken(): number {
    return this.#taken;
  }

  takenOver(trunk: string): number {
    return this.#takenOver.get(trunk) ?? 0;
  }

  /**
   * Takes a place; the returned function gives it back, and is called once.
   *
   * @param maxConcurrent the most places in all
   */
  take({ trunk, channels }: Pick<Admitted, "trunk" | "channels">, maxConcurrent: number): Result<() => void, "too-many-calls" | "trunk-busy"> {
    if (this.#taken >= maxConcurrent) return failure("too-many-calls");
    if (channels !== undefined && this.takenOver(trunk) >= channels) return failure("trunk-busy");
    this.#taken += 1;
    this.#takenOver.set(trunk, this.takenOver(trunk) + 1);
    return success(() => {
      this.#taken -= 1;
      const left = this.takenOver(trunk) - 1;
      if (left === 0) this.#takenOver.delete(trunk);
      else this.#takenOver.set(trunk, left);
    });
  }
}
