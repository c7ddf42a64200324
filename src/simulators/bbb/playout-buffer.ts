/**
 * Frames on their way from one member into the mix. Packets come in bunches when a process is busy; a little stock keeps
 * the mix from tearing, and a bound keeps the delay from growing.
 */
export class PlayoutBuffer {
  readonly #frames: Int16Array[] = [];
  readonly #start: number;
  readonly #limit: number;
  #filling = true;

  /** @param start frames to gather before the first one leaves. @param limit frames kept; beyond it the oldest goes. */
  constructor(start = 3, limit = 15) {
    this.#start = start;
    this.#limit = limit;
  }

  push(frame: Int16Array): void {
    this.#frames.push(frame);
    if (this.#frames.length > this.#limit) this.#frames.splice(0, this.#frames.length - this.#start);
    if (this.#frames.length >= this.#start) this.#filling = false;
  }

  /** The frame that is due, or undefined: then gathering starts again. */
  next(): Int16Array | undefined {
    if (this.#filling) return undefined;
    const frame = this.#frames.shift();
    if (frame === undefined) this.#filling = true;
    return frame;
  }
}
