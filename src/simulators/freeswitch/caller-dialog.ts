import { allSuites } from "../../softphone/rtp/srtp.js";
import type { SipDialog, SipRequest } from "../../softphone/sip/index.js";
import type { Channel } from "./channel.js";
import { causeOfReason, reasonHeader } from "./hangup-cause.js";
import { digitOfInfo } from "./info-digit.js";
import { codecs, type SecurityPolicy } from "./leg-policy.js";
import { misreadOffer } from "./misread-offer.js";

/** rtp_secure_media_inbound: FreeSWITCH accepts offered SRTP; the trunk's header value can require it. */
export function inboundSecurity(request: SipRequest): SecurityPolicy {
  const demanded = request.headers.get("X-Einwahl-Srtp")?.trim() === "mandatory";
  return { srtp: demanded ? "mandatory" : "optional", suites: allSuites };
}

/** Connects the caller's dialog and the channel, in both directions. */
export function followDialog(channel: Channel, dialog: SipDialog): void {
  const { engine } = channel;
  channel.setVariable("sip_to_tag", dialog.localTag);
  channel.signalling = {
    offerAgain: () => {
      engine.inBackground(offerAgain(channel, dialog));
    },
    hangUp: (cause) => {
      channel.setVariable("sip_hangup_disposition", "send_bye");
      engine.inBackground(dialog.bye([["Reason", reasonHeader(cause)]]));
    },
    sendInfoDigit: (digit, durationMs) => {
      const sent = dialog.info("application/dtmf-relay", `Signal=${digit}\r\nDuration=${durationMs}\r\n`);
      engine.inBackground(sent.then(() => undefined));
    },
  };
  dialog.onReinvite = (request) => renegotiate(channel, request, inboundSecurity(dialog.initial));
  dialog.onInfo = (request) => {
    const pressed = digitOfInfo(request);
    if (pressed === undefined) engine.unsupported("an INFO that is not a digit");
    else channel.receiveDigit(pressed.digit, pressed.durationMs, "ENDPOINT");
  };
  engine.inBackground(
    dialog.ended.then((end) => {
      if (end.by !== "local") channel.setVariable("sip_hangup_disposition", "recv_bye");
      channel.setVariable("sip_term_status", "200");
      channel.setVariable("proto_specific_hangup_cause", "sip:200");
      channel.hangUp(
        end.by === "lost" ? "RECOVERY_ON_TIMER_EXPIRE" : (causeOfReason(end.reason) ?? "NORMAL_CLEARING"),
        true,
      );
    }),
  );
}

/** FreeSWITCH's m= line in place of one that it answers in another profile than the offer's. */
const deadLine = "m=audio 0 RTP/AVP 19\r\n";

/**
 * `uuid_media_reneg`. Observed with FreeSWITCH: the offer has the current codec and key, but the answer may have another codec.
 * A new key in the answer is used, FreeSWITCH's own stays; a key of another suite, a refusal and the end of a hold are ignored.
 */
async function offerAgain(channel: Channel, dialog: SipDialog): Promise<void> {
  const { media, engine } = channel;
  const offer = media.renew(media.direction, codecs);
  const at = offer.indexOf("m=");
  const isDeadFirst = /^m=audio \d+ RTP\/AVP /m.test(dialog.initial.body);
  const answered = await dialog.reinvite(
    isDeadFirst ? offer.slice(0, at) + deadLine + offer.slice(at) : `${offer}${deadLine}`,
  );
  if (!answered.ok || channel.isDown) return;
  // Only an offer ends a hold (switch_core_media_negotiate_sdp, 1.10.12: hold_laps; no path from an answer to sendrecv).
  const answer = answered.value.body;
  const accepted = media.accept(channel.held ? answer.replace(/^a=sendrecv\r?$/m, "a=sendonly\r") : answer);
  if (accepted.ok) channel.renegotiated();
  else if (accepted.failure.kind === "secureMediaNotOffered")
    engine.unsupported("an answer with a key of another suite");
  else channel.hangUp("INCOMPATIBLE_DESTINATION");
}

/**
 * Handles the peer's new offer. Observed with FreeSWITCH: a secure leg stays secure with its suite; the
 * offer must be RTP/SAVP, keys in an RTP/AVP line are ignored then.
 */
export function renegotiate(
  channel: Channel,
  request: SipRequest,
  policy: SecurityPolicy,
): { sdp: string } | { reject: number } {
  const { media } = channel;
  if (request.body === "") return { sdp: media.localSdp };
  const misread = misreadOffer(request.body);
  if (misread !== undefined) {
    channel.engine.unsupported(misread);
    return { reject: 488 };
  }
  const { suite } = media;
  const answered = media.answer(request.body, {
    codecs: codecs,
    ...(suite === undefined ? policy : { srtp: "mandatory", suites: [suite] }),
  });
  if (!answered.ok) return { reject: 488 };
  channel.renegotiated();
  return { sdp: answered.value };
}
