import type { CodecName } from "../../softphone/rtp/g711.js";
import type { OfferOptions, SrtpPolicy } from "../../softphone/rtp/media-session.js";
import { answerDirection } from "../../softphone/rtp/negotiation.js";
import type { Direction } from "../../softphone/rtp/sdp.js";
import { allSuites, isSuiteName, type SuiteName } from "../../softphone/rtp/srtp.js";
import type { Channel } from "./channel.js";

/** The simulator's codecs; the real media server also has G.722. */
export const codecs: readonly CodecName[] = ["PCMA", "PCMU"];

export interface SecurityPolicy {
  readonly srtp: SrtpPolicy;
  readonly suites: readonly SuiteName[];
}

/** `mandatory[:suite:suite...]`, `optional`, `forbidden`, as in rtp_secure_media and its two variants. */
export function parseSecurity(
  value: string | undefined,
  suiteList: string | undefined,
  unset: SrtpPolicy,
): SecurityPolicy {
  const [mode = "", ...inline] = (value ?? "").split(":");
  const listed = (inline.length > 0 ? inline : (suiteList ?? "").split(":")).map((name) => name.trim().toUpperCase());
  const suites = listed.filter(isSuiteName);
  return { srtp: policyOf(mode.trim().toLowerCase(), unset), suites: suites.length > 0 ? suites : allSuites };
}

function policyOf(mode: string, unset: SrtpPolicy): SrtpPolicy {
  switch (mode) {
    case "":
      return unset;
    case "mandatory":
    case "true":
    case "yes":
    case "1":
      return "mandatory";
    case "optional":
      return "optional";
    default:
      return "none";
  }
}

/** A called leg offers no SRTP by default. */
export function outboundSecurity(leg: Channel): SecurityPolicy {
  return parseSecurity(
    leg.variable("rtp_secure_media_outbound") ?? leg.variable("rtp_secure_media"),
    leg.variable("rtp_secure_media_suites"),
    "none",
  );
}

/** absolute_codec_string, otherwise only the caller's codec (the profile's disable-transcoding). */
export function outboundCodecs(leg: Channel, caller: Channel): readonly CodecName[] {
  const wanted = leg.variable("absolute_codec_string");
  if (wanted === undefined) return caller.media.codec === undefined ? codecs : [caller.media.codec];
  const names = wanted
    .replace(/^\^\^./, "")
    .split(/[:,]/)
    .map((name) => name.trim().toUpperCase().replace(/@.*$/, ""));
  return codecs.filter((codec) => names.includes(codec)).sort((a, b) => names.indexOf(a) - names.indexOf(b));
}

/** Direction of a leg until its peer offers another one: that of the partner's peer, whatever the SDP or the answer says. */
export function partnerFlow(partner: Channel | undefined): Direction {
  return partner === undefined ? "sendrecv" : answerDirection(partner.media.direction);
}

/** `origination_audio_mode` changes only the direction in the offer. */
function writtenDirection(mode: string | undefined): Direction | undefined {
  return mode === "sendrecv" || mode === "sendonly" || mode === "recvonly" || mode === "inactive" ? mode : undefined;
}

/**
 * @param partner the channel in `signal_bond`: the leg is offered with the direction of that channel's peer, so a
 *   caller on hold gets a leg that stays sendonly (generate_local_sdp, switch_core_session_remote_media_flow)
 */
export function outboundOffer(leg: Channel, caller: Channel, partner: Channel | undefined): OfferOptions {
  const { srtp, suites } = outboundSecurity(leg);
  const direction = writtenDirection(leg.variable("origination_audio_mode")) ?? partnerFlow(partner);
  // With `optional` FreeSWITCH offers two lines, the secure one first.
  return {
    codecs: outboundCodecs(leg, caller),
    srtp,
    suites,
    direction,
    ...(srtp === "optional" ? { profile: "both" as const } : {}),
  };
}
