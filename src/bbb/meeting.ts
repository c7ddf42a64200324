import type { AudioBridge } from "../call/interfaces.js";
import type { Pin } from "../caller/secret.js";

/** The properties needed for lookups. All other data from BBB, above all names of people, is dropped. */
export interface Meeting {
  /** BBB's internal id: a new one each time a room is opened. */
  readonly meetingId: string;
  /** Milliseconds since 1970 on the clock of the BBB server; `undefined`: unknown. */
  readonly createdAt: number | undefined;
  readonly voiceBridge: Pin;
  /** Whether it has participants. */
  readonly isOccupied: boolean;
  /** The internal id of the main room's meeting; for breakout rooms only. */
  readonly parentId: string | undefined;
  /** `undefined`: unknown. */
  readonly audioBridge: AudioBridge | undefined;
}

/** BBB's internal ids are a hash and a time, 54 characters. */
export const maxMeetingIdLength = 200;

/** BBB has several names for FreeSWITCH, such as `bbb-webrtc-sfu`; an absent name means unknown. */
export function audioBridgeNamed(name: string | undefined): AudioBridge | undefined {
  if (name === undefined || name === "") return undefined;
  return name === "livekit" ? "livekit" : "freeswitch";
}

/** Taken from the suffix of the internal id, which is equal in polls and webhooks; fallback: `createTime`. */
export function creationTime(createTime: string | undefined, meetingId: string): number | undefined {
  const digits = [meetingId.slice(meetingId.lastIndexOf("-") + 1), createTime].find(
    (text) => text !== undefined && /^[0-9]{12,14}$/.test(text),
  );
  return digits === undefined ? undefined : Number(digits);
}
