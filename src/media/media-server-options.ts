import type { LoadWatchOptions } from "./load-watch.js";
import type { RtpTimeouts } from "./silence.js";

export interface MediaServerOptions extends RtpTimeouts, LoadWatchOptions {
  readonly name: string;
  readonly eventSocket: { readonly host: string; readonly port: number; readonly password: string };
  /** The sofia profile that takes drachtio's INVITEs. */
  readonly profile: string;
  /** The local address that accepts FreeSWITCH's connections for channels, and the address that FreeSWITCH connects to. */
  readonly listenAddress: string;
  readonly advertisedAddress: string;
  /** Replaces its own address in SDP to callers, behind NAT. */
  readonly publicAddress: string | undefined;
  /** Maximum number of concurrent caller channels. */
  readonly capacity: number;
  readonly soundsDirectory: string;
}
