import { randomUUID } from "node:crypto";

import type { MediaSession } from "../../softphone/rtp/media-session.js";
import {
  type InviteFailure,
  type OutgoingInvite,
  parseNameAddr,
  parseUri,
  type SipDialog,
} from "../../softphone/sip/index.js";
import { within } from "../../util/wait.js";
import { integer } from "./arguments.js";
import { renegotiate } from "./caller-dialog.js";
import { Channel, type Signalling } from "./channel.js";
import type { DialString } from "./dial-string.js";
import type { SipProfile } from "./engine.js";
import { causeOfReason, causeOfSipStatus, reasonHeader } from "./hangup-cause.js";
import { digitOfInfo } from "./info-digit.js";
import { outboundCodecs, outboundOffer, outboundSecurity, partnerFlow } from "./leg-policy.js";

/** FreeSWITCH's default for originate, in seconds. */
const defaultTimeoutS = 60;
/** Maximum redirects per leg; sofia itself has no limit. */
const maxRedirects = 5;
/** Delay from sofia's ACK to a 200 until FreeSWITCH's session thread is notified, in ms. */
const answerNoticedAfterMs = 10;

/** Creates the channel of a leg called by `caller`; sends nothing yet. */
export function makeLeg(caller: Channel, dial: DialString, profile: SipProfile, media: MediaSession): Channel {
  const { engine } = caller;
  const wanted = dial.variables.get("origination_uuid");
  const uuid =
    wanted !== undefined && wanted !== "" && engine.channels.get(wanted) === undefined ? wanted : randomUUID();
  const leg = new Channel({
    engine,
    uuid,
    direction: "outbound",
    name: `sofia/${profile.name}/${dial.destination}`,
    media,
    state: "CS_CONSUME_MEDIA",
    rtpTimeouts: profile.rtpTimeouts,
    profile: {
      username: dial.user,
      callerIdName: dial.variables.get("origination_caller_id_name") ?? caller.profile.callerIdName,
      callerIdNumber: dial.variables.get("origination_caller_id_number") ?? caller.profile.callerIdNumber,
      destination: dial.user,
      networkAddress: "",
      context: caller.profile.context,
    },
  });
  for (const name of (caller.variable("export_vars") ?? "").split(",")) {
    const value = caller.variable(name);
    if (name !== "" && value !== undefined) leg.setVariable(name.replace(/^(nolocal:|_nolocal_)/, ""), value);
  }
  leg.setVariable("is_outbound", "true");
  leg.setVariable("originator", caller.uuid);
  leg.setVariable("signal_bond", caller.uuid);
  leg.setVariable("call_uuid", caller.uuid);
  // Set last, they override signal_bond too (switch_ivr_originate, "install the vars from the {} params").
  for (const [name, value] of dial.variables) leg.setVariable(name, value);
  caller.setVariable("originate_signal_bond", leg.uuid);
  leg.otherLeg = caller;
  caller.otherLeg = leg;
  return leg;
}

/** Calls. Resolves when the leg is answered or down; the leg's hang-up cause has the reason. */
export async function callLeg(
  leg: Channel,
  caller: Channel,
  dial: DialString,
  profile: SipProfile,
  onRinging: () => void,
): Promise<void> {
  if (outboundCodecs(leg, caller).length === 0) {
    leg.hangUp("INCOMPATIBLE_DESTINATION", true);
    return;
  }
  const sdp = leg.media.offer(outboundOffer(leg, caller, partnerOf(leg)));
  for (const event of ["CHANNEL_CREATE", "CHANNEL_ORIGINATE", "CHANNEL_OUTGOING"]) leg.fire(event);
  const place = (uri: string): OutgoingSignalling => {
    const invite = profile.agent.invite({ uri, from: callerIdentity(leg), headers: extraHeaders(leg), sdp });
    invite.onProgress = (response) => {
      if (response.status < 180) return;
      // Early media is not relayed: a conference answers at once.
      if (response.body !== "") leg.engine.unsupported("early media from the called party");
      leg.progress();
      onRinging();
    };
    const placed = new OutgoingSignalling(leg, invite);
    leg.signalling = placed;
    return placed;
  };
  const uri = requestUri(dial);
  // Names as in mod_sofia (mod_sofia.c, sofia_outgoing_channel; sofia_glue.c, sofia_glue_do_invite).
  leg.setVariable("sip_destination_url", uri);
  leg.setVariable("sip_req_uri", uri.replace(/^sip:/, ""));
  let signalling = place(uri);
  const stopTimers = startTimers(leg, caller);
  const onCallerDown = (): void => {
    leg.hangUp("ORIGINATOR_CANCEL");
  };
  caller.down.addEventListener("abort", onCallerDown, { once: true });
  if (caller.isDown) onCallerDown();
  // Once the leg is down the INVITE is cancelled and completes in the background, even if a connection is slow to fail.
  let result = await Promise.race([signalling.result, whenDown(leg)]);
  for (let count = 0; count < maxRedirects && result?.ok === false && !leg.isDown; count++) {
    const elsewhere = redirectOf(leg, result.failure);
    if (elsewhere === undefined) break;
    signalling = place(elsewhere);
    result = await Promise.race([signalling.result, whenDown(leg)]);
  }
  // sofia fails at once only for a refused connection. After a rejected certificate, an unresolved name or a
  // broken connection it reports nothing until leg_timeout.
  if (result?.ok === false && !leg.isDown && isSilentFault(result.failure)) await whenDown(leg);
  if (result?.ok === true && !leg.isDown) await within(leg.engine.clock, answerNoticedAfterMs, whenDown(leg));
  stopTimers();
  caller.down.removeEventListener("abort", onCallerDown);
  // The hang-up was a CANCEL that came too late: sofia keeps the dialog and sends no BYE (observed with 1.10.12).
  if (result?.ok === true && leg.isDown) return;
  if (result?.ok === true) establish(leg, result.value, signalling);
  else if (result !== undefined && !leg.isDown) noteFailure(leg, result.failure);
}

/** The redirect target that sofia calls (sofia.c, sofia_handle_sip_r_invite), unless `outbound_redirect_fatal` forbids it. */
function redirectOf(leg: Channel, { status, headers }: InviteFailure): string | undefined {
  if (![300, 301, 302, 305].includes(status)) return undefined;
  if (leg.isTrue("outbound_redirect_fatal")) {
    leg.setVariable("proto_specific_hangup_cause", `sip:${status}`);
    leg.hangUp("REQUESTED_CHAN_UNAVAIL", true);
    return undefined;
  }
  const contact = parseNameAddr(headers?.find(([name]) => name.toLowerCase() === "contact")?.[1] ?? "");
  const target = parseUri(contact?.uri ?? "");
  if (target === undefined) return undefined;
  const { user, host, port, params } = target;
  return requestUri({ user: user ?? "", host, port, transport: params.get("transport") === "tls" ? "tls" : "udp" });
}

/** switch_channel_get_partner_uuid. */
function partnerOf(leg: Channel): Channel | undefined {
  return leg.engine.channels.get(leg.variable("signal_bond") ?? "");
}

function requestUri(dial: Pick<DialString, "user" | "host" | "port" | "transport">): string {
  const host = dial.host.includes(":") ? `[${dial.host}]` : dial.host;
  const transport = dial.transport === "udp" ? "" : `;transport=${dial.transport}`;
  return `sip:${dial.user}@${host}${dial.port === undefined ? "" : `:${dial.port}`}${transport}`;
}

function callerIdentity(leg: Channel): { displayName: string; user: string } {
  const { callerIdName, callerIdNumber } = leg.profile;
  return {
    displayName: leg.variable("sip_from_display") ?? callerIdName,
    user: callerIdNumber === "" ? "0000000000" : callerIdNumber,
  };
}

/** sip_h_* variables, and Remote-Party-ID unless sip_cid_type turns it off. */
function extraHeaders(leg: Channel): [string, string][] {
  const headers: [string, string][] = [];
  for (const [name, value] of leg.variables()) {
    if (/^sip_h_[\w-]+$/.test(name)) headers.push([name.slice("sip_h_".length), value]);
  }
  const { displayName, user } = callerIdentity(leg);
  const type = (leg.variable("sip_cid_type") ?? "rpid").toLowerCase();
  const identity = `"${displayName.replace(/["\\]/g, "\\$&")}" <sip:${user}@${leg.media.localAddress}>`;
  if (type === "rpid") headers.push(["Remote-Party-ID", `${identity};party=calling;screen=yes;privacy=off`]);
  else if (type === "pid") headers.push(["P-Asserted-Identity", identity]);
  return headers;
}

/** leg_timeout, originate_timeout (with call_timeout as its default), leg_progress_timeout; all in seconds. */
function startTimers(leg: Channel, caller: Channel): () => void {
  const { clock } = leg.engine;
  const seconds = (value: string | undefined): number | undefined => (integer(value) > 0 ? integer(value) : undefined);
  const total =
    seconds(leg.variable("originate_timeout")) ?? seconds(caller.variable("call_timeout")) ?? defaultTimeoutS;
  const own = seconds(leg.variable("leg_timeout"));
  const progress = seconds(leg.variable("leg_progress_timeout"));
  const stops = [
    clock.after(total * 1000, () => {
      leg.hangUp("NO_ANSWER");
    }),
  ];
  if (own !== undefined)
    stops.push(
      clock.after(own * 1000, () => {
        leg.hangUp("ALLOTTED_TIMEOUT");
      }),
    );
  if (progress !== undefined) {
    stops.push(
      clock.after(progress * 1000, () => {
        if (leg.times.progress === 0) leg.hangUp("PROGRESS_TIMEOUT");
      }),
    );
  }
  return () => {
    for (const stop of stops) stop();
  };
}

class OutgoingSignalling implements Signalling {
  readonly #leg: Channel;
  readonly #invite: OutgoingInvite;
  dialog: SipDialog | undefined;

  constructor(leg: Channel, invite: OutgoingInvite) {
    this.#leg = leg;
    this.#invite = invite;
  }

  get result(): OutgoingInvite["result"] {
    return this.#invite.result;
  }

  hangUp(cause: Parameters<Signalling["hangUp"]>[0]): void {
    if (this.dialog === undefined) this.#invite.cancel();
    else this.#leg.engine.inBackground(this.dialog.bye([["Reason", reasonHeader(cause)]]));
  }

  sendInfoDigit(digit: string, durationMs: number): void {
    const sent = this.dialog?.info("application/dtmf-relay", `Signal=${digit}\r\nDuration=${durationMs}\r\n`);
    if (sent !== undefined) this.#leg.engine.inBackground(sent.then(() => undefined));
  }
}

function establish(leg: Channel, dialog: SipDialog, signalling: OutgoingSignalling): void {
  signalling.dialog = dialog;
  leg.engine.inBackground(
    dialog.ended.then((end) => {
      // mod_sofia stores the Reason of a BYE in both legs.
      if (end.by === "remote" && end.reason !== undefined)
        for (const channel of [leg, leg.otherLeg]) channel?.setVariable("sip_reason", end.reason);
      leg.setVariable("sip_term_status", "200");
      leg.setVariable("proto_specific_hangup_cause", "sip:200");
      leg.hangUp(
        end.by === "lost" ? "RECOVERY_ON_TIMER_EXPIRE" : (causeOfReason(end.reason) ?? "NORMAL_CLEARING"),
        true,
      );
    }),
  );
  leg.setVariable("sip_call_id", dialog.callId);
  const accepted = leg.media.accept(dialog.remoteSdp, partnerFlow(partnerOf(leg)));
  if (!accepted.ok) {
    leg.setVariable("endpoint_disposition", "NO CODECS");
    leg.hangUp("INCOMPATIBLE_DESTINATION");
    return;
  }
  dialog.onReinvite = (request) => renegotiate(leg, request, outboundSecurity(leg));
  dialog.onInfo = (request) => {
    const pressed = digitOfInfo(request);
    if (pressed !== undefined) leg.receiveDigit(pressed.digit, pressed.durationMs, "ENDPOINT");
  };
  leg.markAnswered();
}

/** No SIP response and no refused connection. */
function isSilentFault({ status, reason, headers }: InviteFailure): boolean {
  return headers === undefined && status === 503 && !/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/.test(reason);
}

function whenDown(leg: Channel): Promise<undefined> {
  return new Promise((resolve) => {
    leg.down.addEventListener(
      "abort",
      () => {
        resolve(undefined);
      },
      { once: true },
    );
    if (leg.isDown) resolve(undefined);
  });
}

function noteFailure(leg: Channel, { status, reason, headers }: InviteFailure): void {
  leg.setVariable("sip_term_status", String(status));
  for (const channel of [leg, partnerOf(leg)]) {
    channel?.setVariable("sip_invite_failure_status", String(status));
    channel?.setVariable("sip_invite_failure_phrase", reason);
  }
  leg.setVariable("proto_specific_hangup_cause", `sip:${status}`);
  const q850 = causeOfReason(headers?.find(([name]) => name.toLowerCase() === "reason")?.[1]);
  leg.hangUp(q850 ?? causeOfSipStatus(status), true);
}
