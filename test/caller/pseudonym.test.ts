import { randomBytes } from "node:crypto";
import { parsePhoneNumberFromString } from "libphonenumber-js";
import t from "tap";
import { type Caller, identifyCaller } from "../../src/caller/caller.js";
import { pseudonymFor, pseudonymKeyBytes, pseudonymKeyFrom } from "../../src/caller/pseudonym.js";

const key = Buffer.alloc(32, 1);

function caller(number: string): Caller {
  return identifyCaller({ from: `<sip:${number}@x>`, assertedIdentities: [] }, { country: "DE", bareCountryCode: false });
}

function noRandom(): Buffer {
  throw new Error("a number needs nothing random");
}

await t.test("the same caller is the same in a meeting, however the trunk writes the number", (t) => {
  const pseudonym = pseudonymFor(caller("+4915112345678"), "meeting-1", key, noRandom);
  t.match(pseudonym, /^anruf-[a-p]{16}$/);
  t.equal(pseudonymFor(caller("004915112345678"), "meeting-1", key, noRandom), pseudonym);
  t.equal(pseudonymFor(caller("015112345678"), "meeting-1", key, noRandom), pseudonym);
  t.end();
});

await t.test("another meeting, caller or key gives another one", (t) => {
  const pseudonyms = new Set([
    pseudonymFor(caller("+4915112345678"), "meeting-1", key, noRandom),
    pseudonymFor(caller("+4915112345678"), "meeting-2", key, noRandom),
    pseudonymFor(caller("+4915112345679"), "meeting-1", key, noRandom),
    pseudonymFor(caller("+4915112345678"), "meeting-1", Buffer.alloc(32, 2), noRandom),
  ]);
  t.equal(pseudonyms.size, 4);
  t.end();
});

await t.test("callers without a number can't be told from call to call", (t) => {
  for (const kind of ["anonymous", "short", "unreadable"] as const) {
    const first = pseudonymFor({ kind }, "meeting-1", key, randomBytes);
    const second = pseudonymFor({ kind }, "meeting-1", key, randomBytes);
    t.match(first, /^anruf-[a-p]{16}$/);
    t.not(first, second);
  }
  t.equal(pseudonymFor({ kind: "anonymous" }, "m", key, (bytes) => Buffer.alloc(bytes)), "anruf-aaaaaaaaaaaaaaaa", "it comes from what was passed in");
  t.equal(pseudonymFor({ kind: "anonymous" }, "m", key, (bytes) => Buffer.alloc(bytes, 0xff)), "anruf-pppppppppppppppp");
  t.end();
});

await t.test("it is the first 64 bits of the HMAC", (t) => {
  // printf '+4915112345678\0meeting-1' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101..01 -binary | head -c8 | od -An -tx1 | tr -d ' ' | tr 0-9a-f a-p
  t.equal(pseudonymFor(caller("+4915112345678"), "meeting-1", key, noRandom), "anruf-gkidapnbpdgkpcji");
  t.end();
});

await t.test("nothing takes it for a phone number", (t) => {
  for (let run = 0; run < 1000; run += 1) {
    const pseudonym = pseudonymFor({ kind: "anonymous" }, "m", key, randomBytes);
    if (parsePhoneNumberFromString(pseudonym, "DE") !== undefined) t.fail(pseudonym);
  }
  t.pass();
  t.end();
});

await t.test("the operator's text becomes a key of the right size", (t) => {
  t.equal(pseudonymKeyFrom("short").length, pseudonymKeyBytes);
  t.notSame(pseudonymKeyFrom("a"), pseudonymKeyFrom("b"));
  t.same(pseudonymKeyFrom("a"), pseudonymKeyFrom("a"));
  t.end();
});
