import type { MediaSession } from "../../softphone/rtp/media-session.js";
import type { Pacer } from "../../softphone/rtp/pacer.js";
import type { SipUserAgent } from "../../softphone/sip/index.js";
import type { Clock } from "../../util/clock.js";
import type { Application } from "./applications/application.js";
import type { ChannelTable } from "./channel-table.js";
import type { EventBus } from "./event-bus.js";
import type { SoundLibrary } from "./sound-library.js";

/** `rtp-timeout-sec` and `rtp-hold-timeout-sec` of a profile. */
export interface RtpTimeouts {
  readonly timeoutSec: number;
  readonly holdTimeoutSec: number;
}

/** A SIP profile: one user agent under a name of mod_sofia. */
export interface SipProfile {
  readonly name: string;
  readonly agent: SipUserAgent;
  /** Where `sofia status` says that it is reached. */
  readonly address: string;
  readonly port: number;
  /** TLS only: a call with another transport fails. */
  readonly tlsOnly: boolean;
  readonly rtpTimeouts?: RtpTimeouts;
}

/** What the parts of one media server share. */
export interface Engine {
  /** How this server calls itself. */
  readonly version: string;
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly random: (bytes: number) => Buffer;
  readonly bus: EventBus;
  readonly channels: ChannelTable;
  readonly sounds: SoundLibrary;
  readonly applications: ReadonlyMap<string, Application>;
  readonly profiles: readonly SipProfile[];
  /** Rejects when no RTP port is free. */
  readonly openMedia: () => Promise<MediaSession>;
  /** Something was asked for that is not there: told, never passed over in silence. Holds no number and no PIN. */
  readonly unsupported: (what: string) => void;
  /** A channel's work that nobody waits for. */
  readonly inBackground: (work: Promise<void>) => void;
  /** Global variables, as `global_getvar` gives them; the dialplan reads `einwahl_key` and `einwahl_control_hosts`. */
  readonly globals: ReadonlyMap<string, string>;
}
