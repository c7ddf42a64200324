import type { Pin } from "../caller/secret.js";

/** What carries a meeting's audio; BBB's word for it. */
export type AudioBridge = "freeswitch" | "livekit";

/** What a conference needs to be found. Everything else that BBB tells, names of people above all, is dropped. */
export interface Meeting {
  /** BBB's internal id: another one each time a room is opened. */
  readonly meetingId: string;
  readonly voiceBridge: Pin;
  /** Whether somebody is in it. */
  readonly isOccupied: boolean;
  /** The internal id of the main room's meeting; breakout rooms only. */
  readonly parentId: string | undefined;
  /** `undefined`: nothing has told. */
  readonly audioBridge: AudioBridge | undefined;
}

/** BBB's internal ids are a hash and a time, 54 characters. */
export const longestMeetingId = 200;

/** BBB knows more words for FreeSWITCH than one, such as `bbb-webrtc-sfu`; no word at all tells nothing. */
export function audioBridgeNamed(name: string | undefined): AudioBridge | undefined {
  if (name === undefined || name === "") return undefined;
  return name === "livekit" ? "livekit" : "freeswitch";
}
