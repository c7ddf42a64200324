import type { Clock } from "../util/clock.js";
import { sleep } from "../util/wait.js";
import { hasSeveralCryptoLines } from "./answer.js";

/** Polls for the key that FreeSWITCH has just generated; interval in milliseconds. */
const maxPolls = 10;
const pollIntervalMs = 30;
/** Each try fails with a probability of 1/256 (a key with a leading zero byte). */
const maxTries = 3;
/** Added to the tags of a repeated offer: FreeSWITCH generates a new key for any line that differs. */
const tagStep = 1_000;

export interface Negotiation {
  /** Sends an offer; resolves to FreeSWITCH's answer. */
  readonly modify: (offer: string) => Promise<string>;
  /** The last key that FreeSWITCH generated (channel variable): tag, suite, `inline:` and the key. */
  readonly lastLocalCrypto: () => Promise<string | undefined>;
  readonly clock: Clock;
}

/**
 * FreeSWITCH's answer, and the key in use if the answer is ambiguous. After an offer of its own, FreeSWITCH 1.10.12 answers with
 * that offer's keys, then generates and uses a new key that only a channel variable shows. If the new key has a leading zero
 * byte, the variable shows another key that is never used, under another tag (switch_core_media_build_crypto): repeat the offer.
 */
export async function answerAndCrypto(
  offer: string,
  { modify, lastLocalCrypto, clock }: Negotiation,
): Promise<{ readonly answer: string; readonly crypto: string | undefined }> {
  for (let tries = 1; ; tries++) {
    const added = (tries - 1) * tagStep;
    const before = await lastLocalCrypto();
    const answer = await modify(
      offer.replace(/^a=crypto:(\d+) /gm, (_line, tag) => `a=crypto:${Number(tag) + added} `),
    );
    if (!hasSeveralCryptoLines(answer)) return { answer, crypto: undefined };
    const made = await otherThan(before, lastLocalCrypto, clock);
    const [, tag = "", rest = ""] = /^(\d+)( .*)$/.exec(made ?? "") ?? [];
    const crypto = made === undefined ? undefined : `${Number(tag) - added}${rest}`;
    const isUsed = crypto === undefined || offer.includes(`a=crypto:${crypto.split(" ").slice(0, 2).join(" ")} `);
    if (isUsed || tries === maxTries) return { answer, crypto };
  }
}

async function otherThan(
  before: string | undefined,
  lastLocalCrypto: Negotiation["lastLocalCrypto"],
  clock: Clock,
): Promise<string | undefined> {
  for (let looks = 0; looks < maxPolls; looks++) {
    const crypto = await lastLocalCrypto();
    if (crypto !== undefined && crypto !== before) return crypto;
    await sleep(clock, pollIntervalMs);
  }
  return undefined;
}
