import type { Grant } from "./register-response.js";
import type { Target } from "./registrar-host.js";

/** Times are milliseconds of the monotonic clock; `since` is the start of this state. */
export type RegistrationState =
  | { readonly kind: "not-registered"; readonly why: string; readonly since: number }
  | {
      readonly kind: "registered";
      /** Granted expiry, counted from `refreshedAt`: when the REGISTER was sent, the earliest start at the registrar. */
      readonly expiresInMs: number;
      readonly refreshedAt: number;
      readonly registrar: Target;
      /** Whether the registrar's 200 lists our Contact. */
      readonly listed: Grant["listed"];
      readonly since: number;
    };

export interface RegistrationEvents {
  /** Called for every response to a REGISTER and every other state change. */
  readonly onState: (state: RegistrationState) => void;
  /** The watchdog triggered a new registration. */
  readonly onRenewal: (why: string) => void;
}
