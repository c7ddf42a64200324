/**
 * Jitter buffer between one member and the mix. Packets arrive in bursts when the process is busy: a small reserve prevents
 * gaps in the mix, and a bound limits the delay.
 */
export class PlayoutBuffer {
  readonly #frames: Int16Array[] = [];
  readonly #start: number;
  readonly #limit: number;
  #filling = true;

  /** @param start frames buffered before playout starts. @param limit maximum frames; beyond it the oldest is dropped. */
  constructor(start = 3, limit = 15) {
    this.#start = start;
    this.#limit = limit;
  }

  push(frame: Int16Array): void {
    this.#frames.push(frame);
    if (this.#frames.length > this.#limit) this.#frames.splice(0, this.#frames.length - this.#start);
    if (this.#frames.length >= this.#start) this.#filling = false;
  }

  /** The due frame, or undefined if empty: then buffering starts again. */
  next(): Int16Array | undefined {
    if (this.#filling) return undefined;
    const frame = this.#frames.shift();
    if (frame === undefined) this.#filling = true;
    return frame;
  }
}
