import { randomBytes } from "node:crypto";

import { parsePhoneNumberFromString } from "libphonenumber-js";
import t from "tap";

import { identifyCaller } from "../../src/caller/caller.js";
import { dayMs } from "../../src/caller/day-keys.js";
import type { KnownCaller } from "../../src/caller/known-caller.js";
import { defaultLabels } from "../../src/caller/label.js";
import { daysWithOneKey, pseudonymFor, pseudonymKeyFrom } from "../../src/caller/pseudonym.js";
import { FakeDayKeys, fakeHasher } from "../support/fake-day-keys.js";

const keys = new FakeDayKeys();
const today = keys.today;

function caller(
  number: string,
  { pseudonymKey, label = defaultLabels }: { pseudonymKey?: Buffer; label?: typeof defaultLabels } = {},
): KnownCaller {
  const identified = identifyCaller(
    { from: `<sip:${number}@x>`, assertedIdentities: [] },
    { country: "DE", bareCountryCode: false },
  );
  return fakeHasher(keys).hash(identified, { label, pseudonymKey });
}

function meeting(meetingId: string, createdOn = today): { meetingId: string; createdAt: number } {
  return { meetingId, createdAt: createdOn * dayMs + 1_000 };
}

function noRandom(): Buffer {
  throw new Error("a number needs nothing random");
}

await t.test("a caller has one pseudonym per meeting, in all number formats of the trunk", (t) => {
  const pseudonym = pseudonymFor(caller("+4915112345678"), meeting("1"), today, noRandom);
  t.match(pseudonym, /^anruf-[a-p]{16}$/);
  t.equal(pseudonymFor(caller("004915112345678"), meeting("1"), today, noRandom), pseudonym);
  t.equal(pseudonymFor(caller("015112345678"), meeting("1"), today, noRandom), pseudonym);
  t.end();
});

await t.test("another meeting, caller, day or operator's key gives another pseudonym", (t) => {
  const pseudonyms = new Set([
    pseudonymFor(caller("+4915112345678"), meeting("1"), today, noRandom),
    pseudonymFor(caller("+4915112345678"), meeting("2"), today, noRandom),
    pseudonymFor(caller("+4915112345679"), meeting("1"), today, noRandom),
    pseudonymFor(caller("+4915112345678"), meeting("1", today - 1), today, noRandom),
    pseudonymFor(caller("+4915112345678", { pseudonymKey: Buffer.alloc(32, 2) }), meeting("1"), today, noRandom),
  ]);
  t.equal(pseudonyms.size, 5);
  t.end();
});

await t.test("callers without a number can't be linked across calls", (t) => {
  for (const kind of ["anonymous", "short", "unreadable"] as const) {
    const first = pseudonymFor({ kind }, meeting("1"), today, randomBytes);
    const second = pseudonymFor({ kind }, meeting("1"), today, randomBytes);
    t.match(first, /^anruf-[a-p]{16}$/);
    t.not(first, second);
  }
  t.equal(
    pseudonymFor({ kind: "anonymous" }, meeting("1"), today, (bytes) => Buffer.alloc(bytes)),
    "anruf-aaaaaaaaaaaaaaaa",
    "it comes from what was passed in",
  );
  t.equal(
    pseudonymFor({ kind: "anonymous" }, meeting("1"), today, (bytes) => Buffer.alloc(bytes, 0xff)),
    "anruf-pppppppppppppppp",
  );
  t.end();
});

await t.test("a meeting keeps the key of the day on which it was created, also over midnight", (t) => {
  const keys = new FakeDayKeys();
  const [first] = keys.days;
  const number = identifyCaller(
    { from: "<sip:+4915112345678@x>", assertedIdentities: [] },
    { country: "DE", bareCountryCode: false },
  );
  const settings = { label: defaultLabels, pseudonymKey: undefined };
  const hasher = fakeHasher(keys, noRandomButKey());
  const early = hasher.hash(number, settings);
  const before = hasher.pseudonymIn(meeting("1"), early);
  const long = hasher.pseudonymIn(meeting("2", first), early);
  keys.today += 1;
  t.equal(hasher.pseudonymIn(meeting("1"), early), before, "the same call after midnight");
  t.equal(hasher.pseudonymIn(meeting("1"), hasher.hash(number, settings)), before, "another call on the next day");
  t.equal(
    hasher.pseudonymIn(meeting("3", today + 1), early),
    hasher.pseudonymIn(meeting("3", today + 1), hasher.hash(number, settings)),
    "a meeting of the new day, for a call from before midnight",
  );
  t.not(
    hasher.pseudonymIn(meeting("2", first), hasher.hash(number, settings)),
    long,
    `after ${daysWithOneKey} days a meeting gets the next key`,
  );
  keys.today += daysWithOneKey - 2;
  t.equal(hasher.pseudonymIn(meeting("1"), hasher.hash(number, settings)), before, "on its last day with this key");
  t.ok(hasher.pseudonymIn(meeting("4", keys.today), early), "a call of many days has some pseudonym, of its number");
  t.equal(hasher.pseudonymIn(meeting("4", keys.today), early), hasher.pseudonymIn(meeting("4", keys.today), early));
  t.end();
});

await t.test("a meeting without creation time, or with a server clock ahead, has a pseudonym", (t) => {
  const known = caller("+4915112345678");
  for (const created of [{ createdAt: undefined }, { createdAt: (today + 9) * dayMs }, { createdAt: 0 }]) {
    const pseudonym = pseudonymFor(known, { meetingId: "1", ...created }, today, noRandom);
    t.equal(pseudonymFor(known, { meetingId: "1", ...created }, today, noRandom), pseudonym);
  }
  t.end();
});

await t.test("the kept data of a caller contains neither the number nor digits that no label shows", (t) => {
  t.match(caller("+4915112345678"), { kind: "number", last4: "5678" });
  t.notMatch(JSON.stringify(caller("+4915112345678")), "1234567");
  t.match(caller("+4915112345678", { label: { ...defaultLabels, template: { de: "Telefon", en: "Phone" } } }), {
    kind: "number",
    last4: "",
  });
  t.end();
});

await t.test("no parser reads it as a phone number", (t) => {
  for (let run = 0; run < 1000; run += 1) {
    const pseudonym = pseudonymFor({ kind: "anonymous" }, meeting("1"), today, randomBytes);
    if (parsePhoneNumberFromString(pseudonym, "DE") !== undefined) t.fail(pseudonym);
  }
  t.pass();
  t.end();
});

await t.test("the operator's text becomes a key of the right size", (t) => {
  t.equal(pseudonymKeyFrom("short").length, 32);
  t.notSame(pseudonymKeyFrom("a"), pseudonymKeyFrom("b"));
  t.same(pseudonymKeyFrom("a"), pseudonymKeyFrom("a"));
  t.end();
});

/** Only the hasher's own key may be random. */
function noRandomButKey(): (bytes: number) => Buffer {
  return (bytes) => (bytes === 32 ? Buffer.alloc(bytes) : noRandom());
}
