import type { BbbServer } from "../../bbb/bbb-server.js";
import type { Config } from "../../config/config.js";
import type { MediaServer } from "../../media/media-server.js";
import type { SyntheticRecord } from "../../probe/synthetic/synthetic-result.js";
import type { DrachtioConnection } from "../../sip/drachtio-connection.js";
import type { GuessState } from "../../store/guess-throttle.js";
import type { Trunk } from "../../trunk/trunk.js";

/** The parts of einwahl as health, status and metrics see them; everything may be another thing the next time. */
export interface Parts {
  readonly config: Config;
  readonly isDraining: boolean;
  /** Calls that have a place. */
  readonly admittedCalls: number;
  readonly signalling: Pick<DrachtioConnection, "state" | "version">;
  readonly trunks: readonly Pick<Trunk, "name" | "fault" | "warnings" | "registrationState">[];
  readonly mediaServers: readonly Pick<MediaServer, "name" | "state" | "version" | "channels" | "capacity">[];
  readonly bbbServers: readonly Pick<BbbServer, "name" | "state" | "answers">[];
  /** What einwahl's calls to itself came to; `undefined`: it places none. */
  readonly syntheticCalls: readonly SyntheticRecord[] | undefined;
  readonly store: StoreState;
  readonly guesses: GuessState;
  /** What the log can't be written for now. */
  readonly logFault: string | undefined;
}

export interface StoreState {
  /** `none`: nothing is kept, since no front end has a token and no PIN is reserved. */
  readonly kind: "none" | "embedded" | "redis";
  /** Why it does not answer now. */
  readonly fault: string | undefined;
  /** The last thing that went wrong with the disk, and when in milliseconds since 1970; it may be over. */
  readonly trouble: { readonly at: number; readonly what: string } | undefined;
}
