import { randomUUID } from "node:crypto";

import type { MediaSession } from "../../softphone/rtp/media-session.js";
import { type IncomingInvite, parseUri, type SipRequest } from "../../softphone/sip/index.js";
import type { ApiCommands } from "./api.js";
import { followDialog, inboundSecurity } from "./caller-dialog.js";
import { Channel } from "./channel.js";
import { runDialplan } from "./dialplan.js";
import type { Engine, SipProfile } from "./engine.js";
import type { EventSocket } from "./event-socket.js";
import { type HangupCause, reasonHeader } from "./hangup-cause.js";
import { codecs } from "./leg-policy.js";
import { misreadOffer } from "./misread-offer.js";

export interface CallerLegOptions {
  readonly engine: Engine;
  readonly api: ApiCommands;
  readonly profile: SipProfile;
  /** The open connections to applications. */
  readonly sockets: Set<EventSocket>;
}

const maxHeaderVariables = 50;
/** Unset by the dialplan before the channel is answered. */
const keyHeader = "X-Einwahl-Key";
/** Default in `freeswitch/conf/vars.xml`. */
const mediaTimeoutMs = "30000";
const mediaHoldTimeoutMs = "1800000";

/**
 * Answers a call from drachtio and runs the dialplan of `freeswitch/conf/dialplan/mrf.xml`: accepts SRTP
 * in RTP/AVP lines too, sets the channel's variables and connects it to the application in X-esl-outbound.
 * For an INVITE without SDP it makes the offer and continues with the answer in the ACK (`enable-3pcc`).
 */
export async function takeCall(invite: IncomingInvite, o: CallerLegOptions): Promise<void> {
  const { engine } = o;
  const cancelled = { yet: false };
  invite.onCancel = () => {
    cancelled.yet = true;
  };
  const { request } = invite;
  if (!(request.headers.get("User-Agent") ?? "").startsWith("drachtio-fsmrf:")) {
    engine.unsupported("a call without the User-Agent of drachtio-fsmrf");
    refuse(invite, 404, "NO_ROUTE_DESTINATION");
    return;
  }
  const isStranger = !mayEnter(request, engine);
  if (isStranger && request.body !== "") {
    refuse(invite, 404, "NO_ROUTE_DESTINATION");
    return;
  }
  if (engine.strain.delayMs > 0)
    await new Promise<void>((resolve) => {
      engine.clock.after(engine.strain.delayMs, resolve);
    });
  const media = await engine.openMedia().catch(() => undefined);
  if (media === undefined) {
    refuse(invite, 503, "NORMAL_TEMPORARY_FAILURE");
    return;
  }
  const refusal = cancelled.yet ? undefined : negotiate(request, media, engine);
  if (cancelled.yet || refusal !== undefined) {
    if (refusal !== undefined) refuse(invite, ...refusal);
    await media.close();
    return;
  }
  const channel = makeChannel(invite, o, media);
  if (!(await answer(channel, invite))) return;
  // Without SDP the 200 is sent before the dialplan runs.
  if (isStranger) channel.hangUp("NO_ROUTE_DESTINATION");
  else await runDialplan(channel, o);
}

/** The dialplan's conditions on the secret header and the application's host. */
function mayEnter({ headers }: SipRequest, { globals }: Engine): boolean {
  const key = globals.get("einwahl_key") ?? "";
  const target = new RegExp(`^(?:${globals.get("einwahl_control_hosts") ?? ""}):[0-9]{1,5}$`);
  return key !== "" && headers.get(keyHeader) === key && target.test(headers.get("X-esl-outbound") ?? "");
}

function refuse(invite: IncomingInvite, status: number, cause: HangupCause, detail?: string): void {
  const warning = detail === undefined ? [] : [["Warning", `399 freeswitch "${detail}"`] as const];
  invite.reject(status, status === 503 ? "Maximum Calls In Progress" : undefined, [
    ["Reason", reasonHeader(cause)],
    ...warning,
  ]);
}

function negotiate(
  request: SipRequest,
  media: MediaSession,
  engine: Engine,
): [number, HangupCause, string?] | undefined {
  if (engine.channels.isFull) return [503, "SWITCH_CONGESTION"];
  if (request.body === "") {
    // The dialplan cannot require SRTP yet: offer a secure and a plain m= line.
    media.offer({ codecs: codecs, srtp: "optional", profile: "both" });
    return undefined;
  }
  const misread = misreadOffer(request.body);
  if (misread !== undefined) {
    engine.unsupported(misread);
    return [488, "INCOMPATIBLE_DESTINATION", misread];
  }
  const answered = media.answer(request.body, { codecs: codecs, cryptoInAvp: true, ...inboundSecurity(request) });
  return answered.ok ? undefined : [488, "INCOMPATIBLE_DESTINATION", answered.failure.detail];
}

function makeChannel(
  { request, source }: IncomingInvite,
  { engine, profile }: CallerLegOptions,
  media: MediaSession,
): Channel {
  const from = parseUri(request.from.uri);
  const target = parseUri(request.uri);
  const user = from?.user ?? "";
  const channel = new Channel({
    engine,
    uuid: randomUUID(),
    direction: "inbound",
    name: `sofia/${profile.name}/${user === "" ? "" : `${user}@`}${from?.host ?? source.address}`,
    media,
    state: "CS_EXECUTE",
    rtpTimeouts: profile.rtpTimeouts,
    profile: {
      username: user,
      callerIdName: request.from.displayName === "" ? user : request.from.displayName,
      callerIdNumber: user,
      destination: target?.user ?? "",
      networkAddress: source.address,
      context: "mrf",
    },
  });
  const own: [string, string][] = [
    ["session_id", String(engine.channels.sinceStart)],
    ["sip_call_id", request.callId],
    ["sip_user_agent", request.headers.get("User-Agent") ?? ""],
    ["sip_from_user", user],
    ["sip_from_host", from?.host ?? ""],
    ["sip_from_tag", request.fromTag],
    ["sip_req_user", target?.user ?? ""],
    ["sip_req_host", target?.host ?? ""],
    ["sip_received_ip", source.address],
    ["sip_received_port", String(source.port)],
    ["sip_network_ip", source.address],
    ["sip_network_port", String(source.port)],
    ["sip_via_protocol", source.transport],
    ["sofia_profile_name", profile.name],
    ["recovery_profile_name", profile.name],
  ];
  for (const [name, value] of own) if (value !== "") channel.setVariable(name, value);
  const extra = request.headers
    .entries()
    .filter(([name]) => /^x-/i.test(name) && name.toLowerCase() !== keyHeader.toLowerCase())
    .slice(0, maxHeaderVariables);
  for (const [name, value] of extra) channel.setVariable(`sip_h_${name}`, value);
  return channel;
}

/** False if the call has already ended. */
async function answer(channel: Channel, invite: IncomingInvite): Promise<boolean> {
  channel.fire("CHANNEL_CREATE");
  channel.enterCallState("RINGING");
  for (const [name, value] of dialplanVariables(invite.request, channel.engine)) channel.setVariable(name, value);
  const dialog = invite.accept(channel.media.localSdp);
  followDialog(channel, dialog);
  if (invite.request.body === "") {
    const sdp = await dialog.acknowledged;
    // Without an ACK the dialog ends, and the channel with it.
    if (sdp === undefined || channel.isDown) return false;
    const accepted = channel.media.accept(sdp);
    const isPlain = channel.media.suite === undefined && inboundSecurity(invite.request).srtp === "mandatory";
    if (!accepted.ok || isPlain) {
      channel.hangUp("INCOMPATIBLE_DESTINATION");
      return false;
    }
  }
  channel.markAnswered();
  return true;
}

/** The variables that mrf.xml sets before it connects the channel to the application. */
function dialplanVariables(request: SipRequest, engine: Engine): [string, string][] {
  const { srtp } = inboundSecurity(request);
  const wanted = request.headers.get("X-Einwahl-Media-Timeout")?.trim() ?? "";
  const soundsDir = engine.globals.get("sounds_dir") ?? "";
  return [
    ...(srtp === "mandatory" ? [["rtp_secure_media_inbound", "mandatory"] as [string, string]] : []),
    ["media_timeout", /^[1-9]\d{3,7}$/.test(wanted) ? wanted : mediaTimeoutMs],
    ["rtp_allow_crypto_in_avp", "true"],
    ["media_hold_timeout", mediaHoldTimeoutMs],
    ...(soundsDir === "" ? [] : [["nolocal:hold_music", `${soundsDir}/music/hold.wav`] as [string, string]]),
    ["export_vars", "nolocal:hold_music"],
    ["playback_terminators", "none"],
    ...(soundsDir === "" ? [] : [["sound_prefix", soundsDir] as [string, string]]),
    ["send_silence_when_idle", "-1"],
    ["hold_music", "silence"],
    ["bridge_generate_comfort_noise", "-1"],
    ["transfer_ringback", "%(1000,4000,425)"],
    ["bridge_filter_dtmf", "true"],
    ["hangup_after_bridge", "false"],
    ["continue_on_fail", "true"],
    ["einwahl_endpoint", "true"],
  ];
}
