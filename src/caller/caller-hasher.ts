import { createHmac } from "node:crypto";

import type { Caller } from "./caller.js";
import type { Day, DayKeys } from "./day-keys.js";
import type { KnownCaller } from "./known-caller.js";
import { type LabelSettings, showsLastFour } from "./label.js";
import { pseudonymFor, type PseudonymMeeting } from "./pseudonym.js";

export interface CallerHasherOptions {
  /** Persisted by the store, so that a ban in a meeting survives a restart. */
  readonly pseudonymKeys: DayKeys;
  /** In memory or Redis, never on disk. */
  readonly throttleKeys: DayKeys;
  /** Returns this many random bytes, like `randomBytes` of node:crypto. */
  readonly random: (bytes: number) => Buffer;
}

/** The operator's settings for callers. */
export interface HashSettings {
  readonly label: LabelSettings;
  /** The operator's key, mixed into the key of each day; `undefined`: not configured. */
  readonly pseudonymKey: Buffer | undefined;
}

const keyBytes = 32;
/** 128 bits: no two numbers share a throttle counter by chance. */
const textBytes = 16;

/** Replaces callers' numbers by keyed hashes. */
export class CallerHasher {
  readonly #options: CallerHasherOptions;
  readonly #processKey: Buffer;

  constructor(options: CallerHasherOptions) {
    this.#options = options;
    this.#processKey = options.random(keyBytes);
  }

  hash(caller: Caller, { label, pseudonymKey }: HashSettings): KnownCaller {
    if (caller.kind !== "number") return caller;
    const { pseudonymKeys, throttleKeys } = this.#options;
    const number = caller.number.reveal();
    const seed = (day: Day): Buffer => {
      const key = pseudonymKeys.keyOf(day);
      return hmac(pseudonymKey === undefined ? key : hmac(key, pseudonymKey), number);
    };
    return {
      kind: "number",
      last4: showsLastFour(label) ? number.slice(-4) : "",
      lineKey: asText(hmac(this.#processKey, number)),
      throttleKey: asText(hmac(throttleKeys.keyOf(throttleKeys.today), number)),
      pseudonymSeeds: new Map(pseudonymKeys.days.map((day) => [day, seed(day)])),
    };
  }

  /** The From user of the caller in the conference. */
  pseudonymIn(meeting: PseudonymMeeting, caller: KnownCaller): string {
    const { pseudonymKeys, random } = this.#options;
    return pseudonymFor(caller, meeting, pseudonymKeys.today, random);
  }
}

function hmac(key: Buffer, text: string | Buffer): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function asText(hash: Buffer): string {
  return hash.subarray(0, textBytes).toString("base64url");
}
