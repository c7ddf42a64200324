import type { RegisterOutcome } from "./register-response.js";
import type { TargetChoice } from "./target-choice.js";

export type Granted = Extract<RegisterOutcome, { kind: "registered" }>;

/** What a REGISTER, or the search for an address for it, means for the next one. */
export type Attempt =
  | { readonly kind: "registered" }
  /** Another address of the registrar may register us, which is tried at once. */
  | { readonly kind: "unavailable"; readonly why: string }
  /** Every address would answer that, and a registrar takes many such REGISTERs for an attack. */
  | { readonly kind: "rejected"; readonly why: string; readonly retryAfterMs?: number | undefined }
  /** It is no matter of one address: drachtio is away, or none of them could be verified. */
  | { readonly kind: "failed"; readonly why: string };

/** Turns to the address for the next REGISTER after one for nothing. */
export function afterFailure(
  outcome: Exclude<RegisterOutcome, Granted | { kind: "too-brief" }>,
  targets: TargetChoice,
): Attempt {
  switch (outcome.kind) {
    case "unavailable": {
      const { why, retryAfterMs = 0 } = outcome;
      targets.skip();
      if (retryAfterMs === 0) return outcome;
      targets.blockFor(retryAfterMs);
      return { kind: "unavailable", why: `${why}; not asked again for ${Math.ceil(retryAfterMs / 1_000)} s` };
    }
    case "redirected":
      targets.skip();
      return outcome.to !== undefined && targets.prefer(outcome.to)
        ? { kind: "unavailable", why: `the registrar refers to its own address ${outcome.to.address}` }
        : { kind: "rejected", why: outcome.why };
    case "rejected":
      // One of several servers may be the one that does not know us.
      targets.skip();
      return outcome;
    case "failed":
      return outcome;
  }
}
