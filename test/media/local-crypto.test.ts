import t from "tap";

import { answerAndCrypto } from "../../src/media/local-crypto.js";
import { FakeClock } from "../support/fake-clock.js";

const suite = "AEAD_AES_256_GCM";
const offer = `v=0\r\nm=audio 4000 RTP/SAVP 8\r\na=crypto:1 ${suite} inline:theirs\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:theirs80\r\n`;
const several = `v=0\r\nm=audio 5000 RTP/SAVP 8\r\na=crypto:2 ${suite} inline:first\r\na=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:first80\r\n`;

/** @param notes FreeSWITCH's variable of the last key: before the first offer, then after each offer */
async function negotiate(
  answer: string,
  notes: readonly string[],
): Promise<{ readonly key: string | undefined; readonly tags: readonly (string | undefined)[] }> {
  const tags: (string | undefined)[] = [];
  const clock = new FakeClock();
  const working = answerAndCrypto(offer, {
    modify: async (asked) => {
      tags.push(/^a=crypto:(\d+)/m.exec(asked)?.[1]);
      return await Promise.resolve(answer);
    },
    lastLocalCrypto: async () => await Promise.resolve(notes[Math.min(tags.length, notes.length - 1)]),
    clock,
  });
  await clock.advance(1_000);
  return { key: (await working).crypto, tags };
}

for (const { what, answer = several, notes, key, tags } of [
  {
    what: "an answer with one key: no poll",
    answer: several.replace(/a=crypto:7.*\r\n/, ""),
    notes: [`2 ${suite} inline:first`],
    key: undefined,
    tags: ["1"],
  },
  {
    what: "FreeSWITCH reports a new key: it is in use",
    notes: [`2 ${suite} inline:first`, `1 ${suite} inline:new`],
    key: `1 ${suite} inline:new`,
    tags: ["1"],
  },
  {
    what: "FreeSWITCH reports no new key: the previous one stays",
    notes: [`1 ${suite} inline:old`],
    key: undefined,
    tags: ["1"],
  },
  {
    what: "a new key with FreeSWITCH's own tag: the offer is repeated with other tags",
    notes: [`1 ${suite} inline:old`, `2 ${suite} inline:unused`, `1001 ${suite} inline:new`],
    key: `1 ${suite} inline:new`,
    tags: ["1", "1001"],
  },
  {
    what: "a new key of another suite: the offer is repeated with other tags",
    notes: [`1 ${suite} inline:old`, "10 AES_CM_128_HMAC_SHA1_32 inline:unused", `1001 ${suite} inline:new`],
    key: `1 ${suite} inline:new`,
    tags: ["1", "1001"],
  },
]) {
  await t.test(what, async (t) => {
    t.strictSame(await negotiate(answer, notes), { key, tags });
  });
}
