import type { BridgeTarget } from "../call/interfaces.js";
import { bbbProfile } from "./sofia-status.js";

/** Strongest first; all of them are in BBB's FreeSWITCH. */
const suites = ["AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"];

/** What BBB's FreeSWITCH and a telephone line have in common, best first. */
const codecs = ["PCMA", "PCMU", "G722"];

/**
 * The argument of FreeSWITCH's `bridge` for the leg to a BBB server. The caller's own codec is offered first, so
 * that nothing has to be transcoded.
 * @param profile the sofia profile that calls BBB servers
 * @param legId the UUID that the new leg gets
 */
export function dialString(target: BridgeTarget, profile: string, legId: string, callerCodec: string): string {
  const { node, label, pseudonym } = target;
  const order = [callerCodec, ...codecs.filter((codec) => codec !== callerCodec)].filter((codec) =>
    codecs.includes(codec),
  );
  const variables = {
    origination_uuid: legId,
    origination_caller_id_name: `'${label}'`,
    origination_caller_id_number: pseudonym,
    sip_from_display: `'${label}'`,
    sip_cid_type: "none",
    absolute_codec_string: `^^:${order.join(":")}`,
    rtp_secure_media_outbound: `${node.srtp}:${suites.join(":")}`,
    leg_timeout: String(Math.max(1, Math.ceil(target.answerTimeoutMs / 1_000))),
    instant_ringback: "true",
    // A caller on hold would get a leg that BBB sends nothing to, for good (`direction.ts`).
    origination_audio_mode: "sendrecv",
    // FreeSWITCH follows a 3xx to any host: PIN and label stay with the node that the directory named.
    outbound_redirect_fatal: "true",
  };
  const list = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const host = node.host.includes(":") ? `[${node.host}]` : node.host;
  return `{${list.join(",")}}sofia/${profile}/${destinationOf(target)}@${host}:${node.port};transport=${node.transport}`;
}

/** What the node's dialplan knows: the conference's number alone leads into its own FreeSWITCH (02_einwahl_livekit.xml has the other). */
function destinationOf({ route, voiceBridge }: BridgeTarget): string {
  return route === "livekit-by-node" ? `livekit-${voiceBridge.reveal()}` : voiceBridge.reveal();
}

/** The sofia profile that reaches the node. */
export function profileFor(target: BridgeTarget, plainProfile: string): string {
  return target.node.transport === "tls" ? bbbProfile : plainProfile;
}
