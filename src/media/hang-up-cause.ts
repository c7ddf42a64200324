import type { EndCause } from "../call/cause.js";

/** How the end of a caller's channel ends the call, or moves it. */
export type ChannelEnd = Extract<EndCause, "media-lost" | "media-server-lost" | "channel-ended">;

/** FreeSWITCH's hang-up causes after `media_timeout` without RTP, and when it is stopped. */
const mediaTimeout = "MEDIA_TIMEOUT";
const shutdown = "SYSTEM_SHUTDOWN";

/**
 * The end of a channel that FreeSWITCH hung up with this cause. Only a FreeSWITCH that stops is lost: it also hangs up the
 * caller's leg itself, as when BBB ends a held one, and an operator does so with `uuid_kill`.
 */
export function endOfCause(cause: string): ChannelEnd {
  if (cause === mediaTimeout) return "media-lost";
  return cause === shutdown ? "media-server-lost" : "channel-ended";
}

/** @param reason the Reason header of FreeSWITCH's BYE, such as `SIP;cause=701;text="SYSTEM_SHUTDOWN"` */
export function endOfReason(reason: string | undefined): ChannelEnd {
  return endOfCause(/\btext="([A-Z_]+)"/.exec(reason ?? "")?.[1] ?? "");
}
