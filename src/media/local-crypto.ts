import type { Clock } from "../util/clock.js";
import { hasSeveralCryptoLines } from "./answer.js";

/** How often, and at which distance in milliseconds, FreeSWITCH is asked for the key that it has just made. */
const maxPolls = 10;
const pollIntervalMs = 30;
/** Each try loses the key with a probability of 1/256. */
const maxTries = 3;
/** Added to the tags of an offer that is made once more: FreeSWITCH makes a new key for a line that differs in anything. */
const tagStep = 1_000;

export interface Negotiation {
  /** FreeSWITCH's answer to an offer. */
  readonly modify: (offer: string) => Promise<string>;
  /** What FreeSWITCH notes of the key that it has made last: tag, suite, `inline:` and the key. */
  readonly lastLocalCrypto: () => Promise<string | undefined>;
  readonly clock: Clock;
}

/**
 * FreeSWITCH's answer, and the key that it uses where the answer leaves that open: after an offer of its own it answers with the
 * keys of that offer, and makes and uses a new one a moment later, which only a channel variable tells. Where the new one begins
 * with a zero byte it notes yet another one under a tag of its own, which it never uses (switch_core_media_build_crypto): then
 * the offer is made again.
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
    await new Promise<void>((resolve) => {
      clock.after(pollIntervalMs, resolve);
    });
  }
  return undefined;
}
