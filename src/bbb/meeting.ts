import type { AudioBridge } from "../call/interfaces.js";
import type { Pin } from "../caller/secret.js";

/** What a conference needs to be found. Everything else that BBB tells, names of people above all, is dropped. */
export interface Meeting {
  /** BBB's internal id: another one each time a room is opened. */
  readonly meetingId: string;
  /** Milliseconds since 1970, by the BBB server's clock; `undefined`: unknown. */
  readonly createdAt: number | undefined;
  readonly voiceBridge: Pin;
  /** Whether somebody is in it. */
  readonly isOccupied: boolean;
  /** The internal id of the main room's meeting; breakout rooms only. */
  readonly parentId: string | undefined;
  /** `undefined`: nothing has told. */
  readonly audioBridge: AudioBridge | undefined;
}

/** BBB's internal ids are a hash and a time, 54 characters. */
export const maxMeetingIdLength = 200;

/** BBB knows more words for FreeSWITCH than one, such as `bbb-webrtc-sfu`; no word at all tells nothing. */
export function audioBridgeNamed(name: string | undefined): AudioBridge | undefined {
  if (name === undefined || name === "") return undefined;
  return name === "livekit" ? "livekit" : "freeswitch";
}

/** From the end of BBB's internal id, which is the same in every answer and webhook; `createTime` where an id has none. */
export function creationTime(createTime: string | undefined, meetingId: string): number | undefined {
  const digits = [meetingId.slice(meetingId.lastIndexOf("-") + 1), createTime].find(
    (text) => text !== undefined && /^[0-9]{12,14}$/.test(text),
  );
  return digits === undefined ? undefined : Number(digits);
}
