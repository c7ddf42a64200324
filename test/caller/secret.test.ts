import { inspect } from "node:util";

import t from "tap";

import { CallerNumber, type Confidential, Pin, Secret } from "../../src/caller/secret.js";

function pin(text: string): Pin {
  const parsed = Pin.parse(text);
  if (!parsed.ok) throw new Error(`no PIN: ${parsed.failure}`);
  return parsed.value;
}

function callerNumber(text: string): CallerNumber {
  const parsed = CallerNumber.parse(text);
  if (!parsed.ok) throw new Error(`no number: ${parsed.failure}`);
  return parsed.value;
}

await t.test("all conversions print the mark only", (t) => {
  const samples: readonly (readonly [Confidential, string, string])[] = [
    [pin("0123456789"), "0123456789", "[pin]"],
    [callerNumber("+4915112345678"), "+4915112345678", "[number]"],
    [Secret.of("hunter2"), "hunter2", "[secret]"],
  ];
  for (const [secret, text, mark] of samples) {
    const prints = [
      String(secret),
      // eslint-disable-next-line @typescript-eslint/restrict-template-expressions -- that it prints its mark is the point
      `${secret}`,
      inspect(secret),
      inspect({ a: { b: [secret] } }, { depth: 9, showHidden: true }),
      JSON.stringify({ secret }),
      JSON.stringify([secret]),
      Object.values(secret).join(),
    ];
    for (const print of prints.slice(0, -1)) t.match(print, mark, "the mark is there");
    for (const print of prints) t.notMatch(print, text, "the text is not");
    t.throws(() => structuredClone({ secret, fn: () => text }), "a clone of an object with a function reveals nothing");
    t.same(Object.getOwnPropertyNames(secret), [], "no property holds it");
    t.equal(secret.reveal(), text);
  }
  t.end();
});

await t.test("a copy or clone of a number contains no text", (t) => {
  t.equal(JSON.stringify(Object.assign({}, callerNumber("+4915112345678"))), "{}");
  t.equal(JSON.stringify(structuredClone(callerNumber("+4915112345678"))), "{}");
  t.end();
});

await t.test("a PIN is text of 1 to 11 digits", (t) => {
  t.equal(pin("0").reveal(), "0");
  t.equal(pin("00123").reveal(), "00123", "leading zeros count");
  t.equal(pin("12345678901").reveal(), "12345678901");
  for (const text of ["", "123456789012", "1".repeat(1_000_000)])
    t.match(Pin.parse(text), { ok: false, failure: "length" });
  for (const text of ["12a4", " 1234", "1234\n", "+1234", "١٢٣٤", "12#", "-1", "1e3"])
    t.match(Pin.parse(text), { ok: false, failure: "not-digits" });
  t.end();
});

await t.test("equality is by kind and text", (t) => {
  t.equal(pin("0123").equals(pin("0123")), true);
  t.equal(pin("0123").equals(pin("123")), false);
  t.equal(pin("1234567").equals(callerNumber("1234567")), false);
  t.end();
});

await t.test("a caller's number is digits with or without a plus", (t) => {
  t.equal(callerNumber("+4915112345678").reveal(), "+4915112345678");
  t.equal(callerNumber("110").reveal(), "110");
  for (const text of ["", "+", "++49", "49 30", "4930a", "+49\n", "1".repeat(32)])
    t.match(CallerNumber.parse(text), { ok: false, failure: "not-a-number" });
  t.end();
});
