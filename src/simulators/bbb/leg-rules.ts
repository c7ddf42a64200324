import type { HeaderList } from "../../softphone/sip/index.js";

/** The differences between a leg to a conference of BBB's FreeSWITCH and one to a LiveKit room. */
export interface LegRules {
  /** `none`: DTMF is received and has no effect. */
  readonly keys: "caller-controls" | "none";
  /** Headers of the BYE to a member that is removed or whose conference ends. */
  readonly removed: HeaderList;
  /** Headers of the BYE to all members when the program is stopped. */
  readonly stopped: HeaderList;
  /** RTP timeouts of a leg in ms, before and after its first packet. */
  readonly rtpTimeoutMs: { readonly first: number; readonly later: number };
}

/** FreeSWITCH's cause number for a shutdown is not in Q.850; rtp-timeout-sec is BBB's. */
export const freeswitchLeg: LegRules = {
  keys: "caller-controls",
  removed: [["Reason", 'Q.850;cause=16;text="NORMAL_CLEARING"']],
  stopped: [["Reason", 'SIP;cause=701;text="SYSTEM_SHUTDOWN"']],
  rtpTimeoutMs: { first: 300_000, later: 300_000 },
};

/** livekit-sip's BYE has no reason; media_timeout and media_timeout_initial are its defaults. */
export const livekitLeg: LegRules = {
  keys: "none",
  removed: [],
  stopped: [],
  rtpTimeoutMs: { first: 30_000, later: 15_000 },
};
