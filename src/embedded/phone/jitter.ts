/** Interarrival jitter as in RFC 3550 section 6.4.1, for packets of 20 ms that are counted instead of stamped. */
export class Jitter {
  #transit: number | undefined;
  #jitter = 0;

  /** @param arrivedMs by any monotonic clock. @param mediaMs when the packet's sound belongs, from any origin */
  packet(arrivedMs: number, mediaMs: number): void {
    const transit = arrivedMs - mediaMs;
    if (this.#transit !== undefined) this.#jitter += (Math.abs(transit - this.#transit) - this.#jitter) / 16;
    this.#transit = transit;
  }

  /** Milliseconds. */
  get value(): number {
    return this.#jitter;
  }
}
