const sequenceSpace = 0x1_0000;
/** A larger step means a restarted sender, not lost packets (RFC 3550 appendix A.1). */
const maxDropout = 3000;
/** RTP timestamps of the codecs here count samples at 8 kHz. */
const unitsPerMs = 8;

/** A larger timestamp jump is a restart, as when FreeSWITCH bridges a call; the packets still arrive evenly. */
const newTimelineMs = 10_000;

/** Reception statistics of one direction: loss and jitter as RTCP reports them (RFC 3550 section 6.4.1). */
export class Reception {
  #ssrc: number | undefined;
  #highest = 0;
  #missing = 0;
  #last: { readonly arrivedMs: number; readonly timestamp: number } | undefined;
  #jitterMs = 0;
  #longestGapMs = 0;

  /** Expected packets that did not arrive. */
  get lost(): number {
    return Math.max(0, this.#missing);
  }

  /** Smoothed interarrival jitter in milliseconds. Includes delays of this process, excludes timestamp restarts. */
  get jitterMs(): number {
    return this.#jitterMs;
  }

  /** The longest interval between two packets of one sender, in milliseconds. */
  get longestGapMs(): number {
    return this.#longestGapMs;
  }

  /** @param arrivedMs by any monotonic clock */
  packet(ssrc: number, sequence: number, timestamp: number, arrivedMs: number): void {
    if (ssrc !== this.#ssrc) {
      this.#ssrc = ssrc;
      this.#beginAt(sequence);
    } else {
      this.#countLoss(sequence);
    }
    this.#measure(timestamp, arrivedMs);
  }

  #beginAt(sequence: number): void {
    this.#highest = sequence;
    this.#last = undefined;
  }

  #countLoss(sequence: number): void {
    const step = (sequence - this.#highest + sequenceSpace) % sequenceSpace;
    if (step === 0) return;
    if (step < maxDropout) {
      this.#missing += step - 1;
      this.#highest = sequence;
    } else if (step > sequenceSpace - maxDropout) {
      // Late, not lost.
      this.#missing = Math.max(0, this.#missing - 1);
    } else {
      this.#beginAt(sequence);
    }
  }

  #measure(timestamp: number, arrivedMs: number): void {
    const last = this.#last;
    // All packets of a digit have the timestamp of its beginning (RFC 4733 section 2.5.1.2): their arrival times say nothing about jitter.
    if (last?.timestamp === timestamp) return;
    this.#last = { arrivedMs, timestamp };
    if (last === undefined) return;
    const apartMs = arrivedMs - last.arrivedMs;
    this.#longestGapMs = Math.max(this.#longestGapMs, apartMs);
    // Timestamps wrap at 2^32; the signed difference is correct across the wrap.
    const spokenMs = ((timestamp - last.timestamp) | 0) / unitsPerMs;
    const differenceMs = Math.abs(apartMs - spokenMs);
    if (differenceMs < newTimelineMs) this.#jitterMs += (differenceMs - this.#jitterMs) / 16;
  }
}
