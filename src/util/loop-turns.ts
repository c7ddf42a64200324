import { setImmediate } from "node:timers/promises";

/**
 * Turns of the event loop, one piece of work in each. Callers that cut their work into pieces thus share one turn's
 * time, however many there are: sockets and timers wait for one piece only.
 */
export class LoopTurns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves in the next turn that no other piece has. */
  async next(): Promise<void> {
    const turn = this.#last.then(() => setImmediate());
    this.#last = turn;
    await turn;
  }
}
