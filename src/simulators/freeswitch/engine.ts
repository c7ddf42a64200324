import type { MediaSession } from "../../softphone/rtp/media-session.js";
import type { Pacer } from "../../softphone/rtp/pacer.js";
import type { SipUserAgent } from "../../softphone/sip/index.js";
import type { Clock } from "../../util/clock.js";
import type { Application } from "./applications/application.js";
import type { ChannelTable } from "./channel-table.js";
import type { EventBus } from "./event-bus.js";
import type { SoundLibrary } from "./sound-library.js";
import type { Strain } from "./strain.js";

/** `rtp-timeout-sec` and `rtp-hold-timeout-sec` of a profile. */
export interface RtpTimeouts {
  readonly timeoutSec: number;
  readonly holdTimeoutSec: number;
}

/** A SIP profile: one user agent with a mod_sofia name. */
export interface SipProfile {
  readonly name: string;
  readonly agent: SipUserAgent;
  /** Address in `sofia status`. */
  readonly address: string;
  readonly port: number;
  /** TLS only: calls with another transport fail. */
  readonly tlsOnly: boolean;
  readonly rtpTimeouts?: RtpTimeouts;
}

/** State shared by the parts of one media server. */
export interface Engine {
  /** The announced version. */
  readonly version: string;
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly random: (bytes: number) => Buffer;
  readonly bus: EventBus;
  readonly channels: ChannelTable;
  readonly strain: Strain;
  readonly sounds: SoundLibrary;
  readonly applications: ReadonlyMap<string, Application>;
  readonly profiles: readonly SipProfile[];
  /** Rejects if no RTP port is free. */
  readonly openMedia: () => Promise<MediaSession>;
  /** Reports an unsupported request. The text contains no number and no PIN. */
  readonly unsupported: (what: string) => void;
  /** Runs an API command and returns its output. */
  readonly runApi: (text: string) => string;
  /** Runs a channel's work without awaiting it. */
  readonly inBackground: (work: Promise<void>) => void;
  /** Global variables, as returned by `global_getvar`; the dialplan reads `einwahl_key` and `einwahl_control_hosts`. */
  readonly globals: ReadonlyMap<string, string>;
}
