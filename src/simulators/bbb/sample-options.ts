import type { CodecName } from "../../softphone/rtp/g711.js";
import type { SrtpPolicy } from "../../softphone/rtp/media-session.js";
import type { Pacer } from "../../softphone/rtp/pacer.js";
import type { SuiteName } from "../../softphone/rtp/srtp.js";
import type { Clock } from "../../util/clock.js";
import type { LiveKitSettings } from "./livekit/livekit-sip.js";

export interface SampleBbbOptions {
  readonly name: string;
  /** 0 = any port. */
  readonly http: { readonly address: string; readonly port: number };
  readonly secret: string;
  /** TLS; 0 = any port. */
  readonly sip: { readonly address: string; readonly port: number };
  readonly tls: { readonly key: string; readonly cert: string };
  readonly srtp: SrtpPolicy;
  readonly suites?: readonly SuiteName[];
  /** Default PCMA and PCMU. */
  readonly codecs?: readonly CodecName[];
  /** Allowed source addresses; default 127.0.0.1. */
  readonly allowed?: readonly string[];
  readonly bbbVersion?: string;
  /** Absent: the server has no livekit-sip, and meetings with `audioBridge: livekit` accept no callers. */
  readonly livekit?: LiveKitSettings & { readonly port?: number };
  readonly clock?: Clock;
  readonly pacer?: Pacer;
  readonly random?: (bytes: number) => Buffer;
}
