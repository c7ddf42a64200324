import type { Room } from "../http/api-schemas.js";

/** What to add to the parameters of BBB's `create`. */
export interface CreateParameters {
  readonly meetingID: string;
  readonly voiceBridge: string;
  readonly dialNumber: string;
}

/** The parameters of BBB's `create` that make callers find the meeting, and people find the number. */
export function createParameters({
  meetingID,
  voiceBridge,
  dialNumber,
}: Pick<Room, keyof CreateParameters>): CreateParameters {
  return { meetingID, voiceBridge, dialNumber };
}
