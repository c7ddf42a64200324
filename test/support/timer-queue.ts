interface Timer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
  state: "pending" | "gone";
}

/** Cancelled timers stay in the heap up to this many, or as many as the pending ones. */
const maxGone = 64;

/** Pending timers, by their time and then by their start: a binary heap, so that tens of thousands stay fast. */
export class TimerQueue {
  #heap: Timer[] = [];
  #order = 0;
  #pending = 0;

  get pending(): number {
    return this.#pending;
  }

  /** The time of the next timer; `undefined`: none. */
  get nextDue(): number | undefined {
    return this.#next()?.due;
  }

  /** @returns the function that cancels the timer (idempotent) */
  add(due: number, callback: () => void): () => void {
    const timer: Timer = { due, order: this.#order++, callback, state: "pending" };
    this.#heap.push(timer);
    this.#up(this.#heap.length - 1);
    this.#pending += 1;
    return () => {
      if (timer.state === "gone") return;
      timer.state = "gone";
      this.#pending -= 1;
      if (this.#heap.length - this.#pending > Math.max(maxGone, this.#pending)) this.#clean();
    };
  }

  /** Removes and returns the next timer, if it is due by then. */
  take(by: number): { readonly due: number; readonly callback: () => void } | undefined {
    const next = this.#next();
    if (next === undefined || next.due > by) return undefined;
    next.state = "gone";
    this.#pending -= 1;
    this.#removeFirst();
    return next;
  }

  #next(): Timer | undefined {
    while (this.#heap[0]?.state === "gone") this.#removeFirst();
    return this.#heap[0];
  }

  #clean(): void {
    // A sorted array is a heap.
    this.#heap = this.#heap
      .filter(({ state }) => state === "pending")
      .sort((left, right) => (isBefore(left, right) ? -1 : 1));
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  #down(from: number): void {
    for (let at = from; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const [first, second] = [this.#heap[left], this.#heap[right]];
      if (first === undefined) return;
      const child = second !== undefined && isBefore(second, first) ? right : left;
      if (!this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const [lower, upper] = [this.#heap[child], this.#heap[parent]];
    if (lower === undefined || upper === undefined || !isBefore(lower, upper)) return false;
    this.#heap[child] = upper;
    this.#heap[parent] = lower;
    return true;
  }
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.due < right.due || (left.due === right.due && left.order < right.order);
}
