import type { Grant } from "./register-response.js";
import type { Target } from "./registrar-host.js";

/** All times are milliseconds of the monotonic clock; `since` is when this state began. */
export type RegistrationState =
  | { readonly kind: "not-registered"; readonly why: string; readonly since: number }
  | {
      readonly kind: "registered";
      /** What was granted, from `refreshedAt` on: when the REGISTER was sent, as the registrar counts from then at the earliest. */
      readonly expiresInMs: number;
      readonly refreshedAt: number;
      readonly registrar: Target;
      /** Whether the registrar's 200 lists our Contact. */
      readonly listed: Grant["listed"];
      readonly since: number;
    };

export interface RegistrationEvents {
  /** Every answer to a REGISTER, and whatever else changes the state. */
  readonly onState: (state: RegistrationState) => void;
  /** The watchdog has the trunk register again. */
  readonly onRenewal: (why: string) => void;
}
