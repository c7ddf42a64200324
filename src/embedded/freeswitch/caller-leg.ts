import { randomUUID } from "node:crypto";
import type { MediaSession } from "../rtp/media-session.js";
import { parseUri, type IncomingInvite, type SipDialog, type SipRequest } from "../sip/index.js";
import type { ApiCommands } from "./api.js";
import { Channel } from "./channel.js";
import type { Engine, SipProfile } from "./engine.js";
import type { EventSocket } from "./event-socket.js";
import { causeOfReason, reasonHeader, type HangupCause } from "./hangup-cause.js";
import { digitOfInfo } from "./info-digit.js";
import { CODECS, type SecurityPolicy } from "./leg-policy.js";
import { ALL_SUITES } from "../rtp/srtp.js";
import { controlBySocket } from "./outbound-socket.js";

export interface CallerLegOptions {
  readonly engine: Engine;
  readonly api: ApiCommands;
  readonly profile: SipProfile;
  /** Open connections to applications. */
  readonly sockets: Set<EventSocket>;
}

const MAX_HEADER_VARIABLES = 50;

/**
 * A call from drachtio: answers it and runs the dialplan of `freeswitch/conf/dialplan/mrf.xml`, that is: takes SRTP
 * also in RTP/AVP lines, sets the channel's variables and hands it to the application that X-esl-outbound names.
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
  if (request.body === "") {
    engine.unsupported("a call without SDP");
    refuse(invite, 488, "MANDATORY_IE_MISSING");
    return;
  }
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
  answer(channel, invite);
  await runDialplan(channel, request, o);
}

function refuse(invite: IncomingInvite, status: number, cause: HangupCause, detail?: string): void {
  const warning = detail === undefined ? [] : [["Warning", `399 freeswitch "${detail}"`] as const];
  invite.reject(status, status === 503 ? "Maximum Calls In Progress" : undefined, [["Reason", reasonHeader(cause)], ...warning]);
}

function negotiate(request: SipRequest, media: MediaSession, engine: Engine): [number, HangupCause, string?] | undefined {
  if (engine.channels.isFull) return [503, "SWITCH_CONGESTION"];
  const answered = media.answer(request.body, { codecs: CODECS, cryptoInAvp: true, ...inboundSecurity(request) });
  return answered.ok ? undefined : [488, "INCOMPATIBLE_DESTINATION", answered.failure.detail];
}

/** rtp_secure_media_inbound: FreeSWITCH takes SRTP when it is offered; the trunk's word in the header demands it. */
function inboundSecurity(request: SipRequest): SecurityPolicy {
  const demanded = request.headers.get("X-Einwahl-Srtp")?.trim() === "mandatory";
  return { srtp: demanded ? "mandatory" : "optional", suites: ALL_SUITES };
}

function makeChannel({ request, source }: IncomingInvite, { engine, profile }: CallerLegOptions, media: MediaSession): Channel {
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
  const extra = request.headers.entries().filter(([name]) => /^x-/i.test(name)).slice(0, MAX_HEADER_VARIABLES);
  for (const [name, value] of extra) channel.setVariable(`sip_h_${name}`, value);
  return channel;
}

function answer(channel: Channel, invite: IncomingInvite): void {
  channel.fire("CHANNEL_CREATE");
  channel.enterCallState("RINGING");
  for (const [name, value] of dialplanVariables(invite.request)) channel.setVariable(name, value);
  const dialog = invite.accept(channel.media.localSdp);
  channel.setVariable("sip_to_tag", dialog.localTag);
  channel.signalling = {
    hangUp: (cause) => {
      channel.setVariable("sip_hangup_disposition", "send_bye");
      channel.engine.inBackground(dialog.bye([["Reason", reasonHeader(cause)]]));
    },
    sendInfoDigit: (digit, durationMs) => {
      const sent = dialog.info("application/dtmf-relay", `Signal=${digit}\r\nDuration=${durationMs}\r\n`);
      channel.engine.inBackground(sent.then(() => undefined));
    },
  };
  follow(channel, dialog);
  channel.markAnswered();
}

/** media_timeout_ms of vars.xml. */
const DEFAULT_MEDIA_TIMEOUT_MS = "30000";

/** What mrf.xml sets before it hands the channel over. */
function dialplanVariables(request: SipRequest): [string, string][] {
  const { srtp } = inboundSecurity(request);
  const mediaTimeout = /^[1-9][0-9]{3,7}$/.exec(request.headers.get("X-Einwahl-Media-Timeout")?.trim() ?? "")?.[0];
  return [
    ["media_timeout", mediaTimeout ?? DEFAULT_MEDIA_TIMEOUT_MS],
    ...(srtp === "mandatory" ? [["rtp_secure_media_inbound", "mandatory"] as [string, string]] : []),
    ["rtp_allow_crypto_in_avp", "true"],
    ["playback_terminators", "none"],
    ["send_silence_when_idle", "-1"],
    ["hangup_after_bridge", "false"],
    ["continue_on_fail", "true"],
  ];
}

function follow(channel: Channel, dialog: SipDialog): void {
  dialog.onReinvite = (request) => {
    if (request.body === "") return { sdp: channel.media.localSdp };
    const codec = channel.media.codec;
    const answered = channel.media.answer(request.body, {
      codecs: codec === undefined ? CODECS : [codec, ...CODECS],
      // Seen with FreeSWITCH: a renewed offer must say RTP/SAVP, keys in an RTP/AVP line are passed over.
      ...inboundSecurity(dialog.initial),
    });
    if (!answered.ok) return { reject: 488 };
    channel.updateMediaVariables();
    return { sdp: answered.value };
  };
  dialog.onInfo = (request) => {
    const pressed = digitOfInfo(request);
    if (pressed === undefined) channel.engine.unsupported("an INFO that is no digit");
    else channel.receiveDigit(pressed.digit, pressed.durationMs, "ENDPOINT");
  };
  channel.engine.inBackground(dialog.ended.then((end) => {
    if (end.by !== "local") channel.setVariable("sip_hangup_disposition", "recv_bye");
    channel.setVariable("sip_term_status", "200");
    channel.setVariable("proto_specific_hangup_cause", "sip:200");
    channel.hangUp(end.by === "lost" ? "RECOVERY_ON_TIMER_EXPIRE" : (causeOfReason(end.reason) ?? "NORMAL_CLEARING"), true);
  }));
}

async function runDialplan(channel: Channel, request: SipRequest, o: CallerLegOptions): Promise<void> {
  channel.setVariable("current_application", "socket");
  await controlBySocket(channel, o.api, request.headers.get("X-esl-outbound") ?? "", o.sockets);
  // The application let go: what runs (a bridge above all) goes on, then the dialplan's last action ends the call.
  await channel.applications.idle();
  if (!channel.isDown && channel.state !== "CS_PARK") channel.hangUp("NORMAL_TEMPORARY_FAILURE");
}
