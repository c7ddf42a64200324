/** In milliseconds, and doubled each time. */
const ofFailures = { first: 4_000, longest: 60_000 };
/** A registrar that rejects a user bans the address of one that asks too often: in the first ten minutes it is asked five times, then once in ten minutes. */
const ofRejections = { first: 30_000, longest: 600_000 };

/** How long to wait before the next REGISTER, the longer the more often it was for nothing. */
export class RetryPause {
  #failures = 0;
  #rejections = 0;

  /** None of the registrar's servers could register us. */
  afterFailure(): number {
    return grown(ofFailures, this.#failures++);
  }

  /** The registrar does not register this user. */
  afterRejection(): number {
    return grown(ofRejections, this.#rejections++);
  }

  /** It is registered, or the operator wants it tried. */
  reset(): void {
    this.#failures = 0;
    this.#rejections = 0;
  }
}

function grown({ first, longest }: typeof ofFailures, times: number): number {
  return Math.min(longest, first * 2 ** times);
}
