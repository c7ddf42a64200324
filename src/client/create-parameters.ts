import type { Room } from "../http/api-schemas.js";

/** Additional parameters for BBB's `create`. */
export interface CreateParameters {
  readonly meetingID: string;
  readonly voiceBridge: string;
  readonly dialNumber: string;
}

/** The parameters for BBB's `create` that connect callers to the meeting and show the number to its users. */
export function createParameters({
  meetingID,
  voiceBridge,
  dialNumber,
}: Pick<Room, keyof CreateParameters>): CreateParameters {
  return { meetingID, voiceBridge, dialNumber };
}
