import type { Channel } from "./channel.js";
import type { EventHeaders } from "./event.js";

/** FreeSWITCH's caller profile, kept beside the variables. */
export interface CallerProfile {
  readonly username: string;
  readonly callerIdName: string;
  readonly callerIdNumber: string;
  readonly destination: string;
  readonly networkAddress: string;
  readonly context: string;
}

/** Microseconds since 1970, 0 if not reached. */
export interface ChannelTimes {
  created: number;
  answered: number;
  progress: number;
  bridged: number;
  hungUp: number;
}

/** Events with all channel variables (switch_channel_event_set_extended_data). */
const withVariables: ReadonlySet<string> = new Set([
  "CHANNEL_CREATE",
  "CHANNEL_ORIGINATE",
  "CHANNEL_UUID",
  "CHANNEL_ANSWER",
  "CHANNEL_PARK",
  "CHANNEL_UNPARK",
  "CHANNEL_BRIDGE",
  "CHANNEL_UNBRIDGE",
  "CHANNEL_PROGRESS",
  "CHANNEL_PROGRESS_MEDIA",
  "CHANNEL_HANGUP",
  "CHANNEL_HANGUP_COMPLETE",
  "CHANNEL_DATA",
  "CHANNEL_EXECUTE",
  "CHANNEL_EXECUTE_COMPLETE",
  "CHANNEL_DESTROY",
  "PLAYBACK_START",
  "PLAYBACK_STOP",
  "CALL_UPDATE",
  "CHANNEL_HOLD",
  "CHANNEL_UNHOLD",
]);

const stateNumbers: Readonly<Record<string, number>> = {
  CS_NEW: 0,
  CS_INIT: 1,
  CS_ROUTING: 2,
  CS_SOFT_EXECUTE: 3,
  CS_EXECUTE: 4,
  CS_EXCHANGE_MEDIA: 5,
  CS_PARK: 6,
  CS_CONSUME_MEDIA: 7,
  CS_HIBERNATE: 8,
  CS_RESET: 9,
  CS_HANGUP: 10,
  CS_REPORTING: 11,
  CS_DESTROY: 12,
};

const codecRate = "8000";
const codecBitRate = "64000";

function answerState(channel: Channel): string {
  if (channel.isDown) return "hangup";
  return channel.answered ? "answered" : "ringing";
}

/** The caller profile under a prefix: Caller, Other-Leg or Channel. */
export function profileHeaders(channel: Channel, prefix: string): EventHeaders {
  const { profile, times } = channel;
  const optional: [string, string][] = [
    ["Username", profile.username],
    ["Dialplan", "XML"],
    ["Caller-ID-Name", profile.callerIdName],
    ["Caller-ID-Number", profile.callerIdNumber],
    ["Orig-Caller-ID-Name", profile.callerIdName],
    ["Orig-Caller-ID-Number", profile.callerIdNumber],
    ["Network-Addr", profile.networkAddress],
    ["ANI", profile.callerIdNumber],
    ["Destination-Number", profile.destination],
    ["Unique-ID", channel.uuid],
    ["Source", "mod_sofia"],
    ["Context", profile.context],
    ["Channel-Name", channel.name],
  ];
  return [
    ["Direction", channel.direction],
    ["Logical-Direction", channel.direction],
    ...optional.filter(([, value]) => value !== ""),
    ["Profile-Index", "1"],
    ["Profile-Created-Time", String(times.created)],
    ["Channel-Created-Time", String(times.created)],
    ["Channel-Answered-Time", String(times.answered)],
    ["Channel-Progress-Time", String(times.progress)],
    ["Channel-Progress-Media-Time", "0"],
    ["Channel-Hangup-Time", String(times.hungUp)],
    ["Channel-Transfer-Time", "0"],
    ["Channel-Resurrect-Time", "0"],
    ["Channel-Bridged-Time", String(times.bridged)],
    ["Channel-Last-Hold", "0"],
    ["Channel-Hold-Accum", "0"],
    ["Screen-Bit", "true"],
    ["Privacy-Hide-Name", "false"],
    ["Privacy-Hide-Number", "false"],
  ].map(([name, value]) => [`${prefix}-${name ?? ""}`, value ?? ""] as const);
}

function codecHeaders(channel: Channel): EventHeaders {
  const { codec } = channel.media;
  if (codec === undefined) return [];
  return ["Read", "Write"].flatMap(
    (way) =>
      [
        [`Channel-${way}-Codec-Name`, codec],
        [`Channel-${way}-Codec-Rate`, codecRate],
        [`Channel-${way}-Codec-Bit-Rate`, codecBitRate],
      ] as const,
  );
}

/** Headers of every channel event. */
export function channelHeaders(channel: Channel, event: string): EventHeaders {
  const cause = channel.hangupCause;
  const other = channel.otherLeg;
  return [
    ["Channel-State", channel.state],
    ["Channel-Call-State", channel.callState],
    ["Channel-State-Number", String(stateNumbers[channel.state] ?? 0)],
    ["Channel-Name", channel.name],
    ["Unique-ID", channel.uuid],
    ["Call-Direction", channel.direction],
    ["Presence-Call-Direction", channel.direction],
    ["Channel-HIT-Dialplan", channel.direction === "inbound" ? "true" : "false"],
    ["Channel-Call-UUID", channel.variable("call_uuid") ?? channel.uuid],
    ["Answer-State", answerState(channel)],
    ...(cause === undefined ? [] : [["Hangup-Cause", cause] as const]),
    ...codecHeaders(channel),
    ...profileHeaders(channel, "Caller"),
    ...(other === undefined
      ? []
      : [
          ["Other-Type", channel.direction === "inbound" ? "originatee" : "originator"] as const,
          ...profileHeaders(other, "Other-Leg"),
        ]),
    ...(withVariables.has(event) ? channel.variableHeaders() : []),
  ];
}
