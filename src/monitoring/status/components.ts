import type { BbbServer } from "../../bbb/bbb-server.js";
import type { Config } from "../../config/config.js";
import type { MediaServer } from "../../media/media-server.js";
import type { SyntheticRecord } from "../../probe/synthetic/synthetic-result.js";
import type { DrachtioConnection } from "../../sip/drachtio-connection.js";
import type { GuessState } from "../../store/guess-throttle.js";
import type { InstanceReport } from "../../store/instances.js";
import type { Trunk } from "../../trunk/trunk.js";

/** A snapshot of the components for health, status and metrics. */
export interface Components {
  readonly config: Config;
  readonly isDraining: boolean;
  /** Calls that hold a call slot. */
  readonly admittedCalls: number;
  /** einwahl's own load. */
  readonly load: { readonly state: "free" | "slow"; readonly delayMs: number };
  readonly signalling: Pick<DrachtioConnection, "state" | "version">;
  readonly trunks: readonly Pick<Trunk, "name" | "fault" | "warnings" | "registrationState" | "registeredBy">[];
  readonly mediaServers: readonly (Pick<MediaServer, "name" | "state" | "version" | "channels" | "capacity"> & {
    readonly load: Pick<MediaServer["load"], "state" | "idlePercent" | "rate">;
  })[];
  readonly bbbServers: readonly Pick<BbbServer, "name" | "state" | "answers">[];
  /** Results of synthetic calls; `undefined`: none are configured. */
  readonly syntheticCalls: readonly SyntheticRecord[] | undefined;
  readonly store: StoreState;
  readonly guesses: GuessState;
  /** The living instances that share a Redis, with this one; `undefined`: no Redis. */
  readonly instances: readonly InstanceReport[] | undefined;
  /** The random id of this process. */
  readonly instanceId: string;
  /** Why the log cannot be written now. */
  readonly logFault: string | undefined;
}

export interface StoreState {
  /** `none`: no store, since no front end has a token and no PIN is reserved. */
  readonly kind: "none" | "embedded" | "redis";
  /** The current fault of the store. */
  readonly fault: string | undefined;
  /** The last disk fault and its time in milliseconds since 1970; it may be over. */
  readonly trouble: { readonly at: number; readonly what: string } | undefined;
}
