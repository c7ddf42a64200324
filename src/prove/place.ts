import type { Result } from "../util/result.js";
import type { Mark } from "./mark.js";
import type { Piece } from "./search.js";

/** What was read of a place, and what could not be, each in one sentence. */
export interface Look {
  readonly pieces: readonly Piece[];
  readonly unseen: readonly string[];
}

/** A way to put a mark into a place, to see that it is found there. */
export interface Plant {
  /** By whom and how, to be read after "planted". */
  readonly how: string;
  /** Puts it there; `undefined`: it stays, where nothing can be taken out. */
  put(mark: Mark): Promise<Result<Removal | undefined, string>>;
}

export interface Removal {
  /** Takes the mark out again. */
  remove(): Promise<void>;
  /** `later`: it is gone some time after that. */
  readonly isGone: "at-once" | "later";
}

/** Why a mark may be where it was found; `undefined`: it may not. @param isCallUp whether a call of ours is up now */
export type Permission = (mark: Mark, isCallUp: boolean) => string | undefined;

/** One kind of thing in which a caller's number or a PIN could be found. */
export interface Place {
  /** By which it is left out: `--without ID`. */
  readonly id: PlaceId;
  readonly name: string;
  /** `calls`: it is looked at while calls are up, too. */
  readonly when: "calls" | "afterwards";
  readonly permits: Permission;
  /** Empty: nothing can be put there, and a copy of what was read gets the mark. */
  readonly plants: readonly Plant[];
  /** Remembers where it ends now, if only what comes afterwards is to be read. */
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

/** A place may be so large; what is beyond is not looked at, which is told. */
export const maxPlaceBytes = 128 * 1_048_576;

/** How long one answer may take, in milliseconds. */
export const answerTimeoutMs = 5_000;

/** What stands beside a number that is planted in a log: where digits are masked, it shows that the line has arrived. */
export const plantWord = "einwahlprove";
