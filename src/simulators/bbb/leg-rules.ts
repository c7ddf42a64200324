import type { HeaderList } from "../../softphone/sip/index.js";

/** What differs between a leg into a conference of BBB's FreeSWITCH and one into a room of LiveKit. */
export interface LegRules {
  /** `none`: keys are heard and nothing follows. */
  readonly keys: "caller-controls" | "none";
  /** Of the BYE to a member that is removed, or whose conference is over. */
  readonly removed: HeaderList;
  /** Of the BYE to all members when the program is being stopped. */
  readonly stopped: HeaderList;
  /** A leg without RTP is dropped after this long, before its first packet and later; ms. */
  readonly rtpTimeoutMs: { readonly first: number; readonly later: number };
}

/** FreeSWITCH's own number for a shutdown is none of Q.850's; rtp-timeout-sec is BBB's. */
export const FREESWITCH_LEG: LegRules = {
  keys: "caller-controls",
  removed: [["Reason", 'Q.850;cause=16;text="NORMAL_CLEARING"']],
  stopped: [["Reason", 'SIP;cause=701;text="SYSTEM_SHUTDOWN"']],
  rtpTimeoutMs: { first: 300_000, later: 300_000 },
};

/** livekit-sip's BYE says nothing of why; media_timeout and media_timeout_initial are its defaults. */
export const LIVEKIT_LEG: LegRules = {
  keys: "none",
  removed: [],
  stopped: [],
  rtpTimeoutMs: { first: 30_000, later: 15_000 },
};
