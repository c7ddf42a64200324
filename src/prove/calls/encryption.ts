import type { PhoneCall } from "../../softphone/phone-call.js";
import type { ChannelDump } from "../places/freeswitch.js";
import { type PlainReading, readingOfPlain } from "./wire.js";

/** Evidence that a leg is or is not encrypted. */
export interface Evidence {
  readonly ok: boolean;
  readonly leg: "caller" | "bbb";
  readonly what: string;
}

/** The tone sent by the test phone, in Hz. */
export const ownToneHz = 1_040;

/** Plain audio contains the tone nearly all the time, encrypted audio only by chance. */
const maxToneShare = 0.2;
const minPackets = 50;

/** Evidence from the test phone's own RTP and SDP. */
export function callerEvidence(call: PhoneCall, out: PlainReading, back: PlainReading): readonly Evidence[] {
  const { suite } = call;
  const plain = readingOfPlain(ownToneHz);
  const leg = "caller";
  return [
    {
      leg,
      ok: suite !== undefined,
      what:
        suite === undefined
          ? "the caller's leg has no SRTP"
          : `the caller's leg has SRTP ${suite}, ${call.audio.stats.packetsIn} packets from the media server are authentic, ${call.audio.stats.rejected} are not`,
    },
    {
      leg,
      ok: hasKeysOnly(call.remoteSdp),
      what: hasKeysOnly(call.remoteSdp)
        ? "the answer's SDP has a key for each stream that it takes"
        : "the answer's SDP takes a stream without a key",
    },
    {
      leg,
      ok: plain.tone > 1 - maxToneShare && out.packets >= minPackets && out.tone < maxToneShare,
      what: `read as plain RTP, our ${out.packets} packets have the tone of ${ownToneHz} Hz that we sent ${percent(out.tone)} of the time (packets without SRTP: ${percent(plain.tone)})`,
    },
    {
      leg,
      ok: back.packets >= minPackets && back.prompts === 0,
      what: `read as plain RTP, ${back.packets} packets to us have ${back.prompts} recordings of einwahl in them; decrypted, they have`,
    },
  ];
}

/** Port 0 refuses a stream (RFC 3264 section 6). */
function hasKeysOnly(sdp: string): boolean {
  const streams = sdp
    .split(/^m=/m)
    .slice(1)
    .filter((stream) => !/^\S+ 0 /.test(stream));
  return streams.length > 0 && streams.every((stream) => /^a=crypto:/m.test(stream));
}

/** The legs of a call, identified by the test phone's RTP port. */
export function legsOf(
  dumps: readonly ChannelDump[],
  rtpPort: string,
): { readonly caller: ChannelDump; readonly bbb: ChannelDump | undefined } | undefined {
  const caller = dumps.find(
    (dump) => dump.get("variable_remote_media_port") === rtpPort && dump.get("Call-Direction") === "inbound",
  );
  if (caller === undefined) return undefined;
  const id = caller.get("Unique-ID");
  const bbb = dumps.find(
    (dump) =>
      dump.get("Call-Direction") === "outbound" &&
      (dump.get("variable_originator") === id || dump.get("variable_signal_bond") === id),
  );
  return { caller, bbb };
}

/** FreeSWITCH's data on the leg to BBB. */
export function bbbEvidence(leg: ChannelDump): readonly Evidence[] {
  const suite = leg.get("variable_rtp_has_crypto");
  const profile = leg.get("variable_sofia_profile_name") ?? profileIn(leg.get("Channel-Name"));
  const transport = transportOf(leg);
  return [
    {
      leg: "bbb",
      ok: suite !== undefined,
      what:
        suite === undefined
          ? "FreeSWITCH has no SRTP on the leg to BBB"
          : `FreeSWITCH has SRTP ${suite} on the leg to BBB`,
    },
    {
      leg: "bbb",
      ok: transport === "tls",
      what: `FreeSWITCH calls BBB over ${transport ?? "a transport that it does not name"} (its profile ${profile ?? "?"})`,
    },
  ];
}

/** The channel's name equals the dial string: `sofia/bbb/PIN@host:port;transport=tls`. */
function transportOf(leg: ChannelDump): string | undefined {
  const named = [
    leg.get("Channel-Name"),
    leg.get("variable_sip_req_uri"),
    leg.get("variable_sip_destination_url"),
    leg.get("variable_channel_name"),
  ];
  for (const text of named) {
    const transport = /;transport=(\w+)/i.exec(text ?? "")?.[1];
    if (transport !== undefined) return transport.toLowerCase();
  }
  return undefined;
}

function profileIn(channelName: string | undefined): string | undefined {
  return /^sofia\/([^/]+)\//.exec(channelName ?? "")?.[1];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
