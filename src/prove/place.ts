import type { Result } from "../util/result.js";
import type { Mark } from "./mark.js";
import type { Piece } from "./search.js";

/** The data read from a place, and a sentence for each part that could not be read. */
export interface Look {
  readonly pieces: readonly Piece[];
  readonly unseen: readonly string[];
}

/** A way to plant a mark in a place, to test that the search finds it. */
export interface Plant {
  /** The method, read after "planted". */
  readonly how: string;
  /** Plants the mark; `undefined`: it can't be removed. */
  put(mark: Mark): Promise<Result<Removal | undefined, string>>;
}

export interface Removal {
  /** Removes the mark. */
  remove(): Promise<void>;
  /** `later`: it disappears some time after the removal. */
  readonly isGone: "at-once" | "later";
}

/** The reason why a mark is permitted in a place; `undefined`: it is not. @param isCallUp whether a test call is active */
export type Permission = (mark: Mark, isCallUp: boolean) => string | undefined;

/** A kind of data that could contain a caller's number or a PIN. */
export interface Place {
  /** For `--without ID`. */
  readonly id: PlaceId;
  readonly name: string;
  /** `calls`: also searched during calls. */
  readonly when: "calls" | "afterwards";
  readonly permits: Permission;
  /** Empty: planting is impossible; the mark is added to a copy of the data instead. */
  readonly plants: readonly Plant[];
  /** Records the current end, for places of which only later data is read. */
  begin(): Promise<void>;
  look(): Promise<Look>;
}

export const placeIds = [
  "einwahl-log",
  "einwahl-output",
  "drachtio-output",
  "freeswitch-output",
  "freeswitch-channels",
  "freeswitch-files",
  "files",
  "http",
  "control",
  "store",
  "bbb",
] as const;

export type PlaceId = (typeof placeIds)[number];

/** Maximum size of a place; data beyond it is not searched, which is reported. */
export const maxPlaceBytes = 128 * 1_048_576;

/** The timeout of one response, in milliseconds. */
export const answerTimeoutMs = 5_000;

/** A word next to a number planted in a log: it identifies the line even if digits are masked. */
export const plantWord = "einwahlprove";
