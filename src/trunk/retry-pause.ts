/** Backoff in milliseconds, doubled each time. */
const ofFailures = { first: 4_000, longest: 60_000 };
/** Longer after rejections, as registrars ban addresses after frequent ones: five attempts in ten minutes, then one per ten minutes. */
const ofRejections = { first: 30_000, longest: 600_000 };

/** Exponential backoff before the next REGISTER. */
export class RetryPause {
  #failures = 0;
  #rejections = 0;

  /** The pause after all servers of the registrar failed. */
  afterFailure(): number {
    return grown(ofFailures, this.#failures++);
  }

  /** The pause after the registrar rejected the user. */
  afterRejection(): number {
    return grown(ofRejections, this.#rejections++);
  }

  /** Call it after a success or on the operator's request. */
  reset(): void {
    this.#failures = 0;
    this.#rejections = 0;
  }
}

function grown({ first, longest }: typeof ofFailures, times: number): number {
  return Math.min(longest, first * 2 ** times);
}
