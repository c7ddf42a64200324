import type { Owner } from "../owner.js";

const everyMs = 10;
/** Shorter ones are usual in a busy process, and no pause that a caller notices. */
const leastMs = 30;
const maxKept = 2_000;

interface Stall {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * When this process itself did not run: on a busy machine its phones and conferences send nothing meanwhile and read
 * what arrived only afterwards, which says nothing about einwahl. Times by performance.now().
 */
export class Stalls {
  #stalls: Stall[] = [];
  #lastMs = performance.now();

  static watch(owner: Owner): Stalls {
    const stalls = new Stalls();
    const timer = setInterval(() => {
      stalls.#tick(performance.now());
    }, everyMs);
    owner.teardown(() => {
      clearInterval(timer);
    });
    return stalls;
  }

  /** Milliseconds of stalls within this time. */
  within(fromMs: number, toMs: number): number {
    let sum = Math.max(0, toMs - Math.max(fromMs, this.#lastMs) - everyMs);
    for (const stall of this.#stalls) sum += Math.max(0, Math.min(toMs, stall.toMs) - Math.max(fromMs, stall.fromMs));
    return sum;
  }

  /** The longest one so far. */
  get longestMs(): number {
    return this.#stalls.reduce((longest, { fromMs, toMs }) => Math.max(longest, toMs - fromMs), 0);
  }

  #tick(nowMs: number): void {
    const due = this.#lastMs + everyMs;
    if (nowMs - due >= leastMs) this.#stalls.push({ fromMs: due, toMs: nowMs });
    if (this.#stalls.length > maxKept) this.#stalls = this.#stalls.slice(-maxKept / 2);
    this.#lastMs = nowMs;
  }
}
