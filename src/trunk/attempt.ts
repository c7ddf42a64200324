import type { RegisterOutcome } from "./register-response.js";
import type { TargetChoice } from "./target-choice.js";

export type Granted = Extract<RegisterOutcome, { kind: "registered" }>;

/** The result of a registration attempt, which determines the next one. */
export type Attempt =
  | { readonly kind: "registered" }
  /** Try the registrar's next address immediately. */
  | { readonly kind: "unavailable"; readonly why: string }
  /** Every address would respond the same; repeated REGISTERs may look like an attack. */
  | { readonly kind: "rejected"; readonly why: string; readonly retryAfterMs?: number | undefined }
  /** Not specific to one address: drachtio is disconnected, or no address could be verified. */
  | { readonly kind: "failed"; readonly why: string };

/** Selects the address for the next REGISTER after a failed one. */
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
      return { kind: "unavailable", why: `${why}; paused for ${Math.ceil(retryAfterMs / 1_000)} s` };
    }
    case "redirected":
      targets.skip();
      return outcome.to !== undefined && targets.prefer(outcome.to)
        ? { kind: "unavailable", why: `the registrar redirects to its own address ${outcome.to.address}` }
        : { kind: "rejected", why: outcome.why };
    case "rejected":
      // Another server of the registrar may know this user.
      targets.skip();
      return outcome;
    case "failed":
      return outcome;
  }
}
