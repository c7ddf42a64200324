import t from "tap";

import { minExpiry, readGrant, retryAfter, seenAddress } from "../../src/trunk/register-response.js";
import type { SipFinalResponse } from "../../src/trunk/sip-requests.js";
import { answered, via } from "../support/fake-requests.js";

const contact = "sip:004930123456@10.0.0.1:5061;transport=tls";

const own = { user: "004930123456", host: "10.0.0.1", port: 5_061 };

function answer(headers: Readonly<Record<string, string>>): SipFinalResponse {
  const outcome = answered(200, headers);
  if (outcome.kind !== "answered") throw new Error("not answered");
  return outcome.response;
}

await t.test("the granted expiry", (t) => {
  const rows: readonly (readonly [headers: Readonly<Record<string, string>>, seconds: number])[] = [
    [{ Contact: `<${contact}>;expires=90` }, 90],
    [{ Contact: `<${contact}>;expires=90`, Expires: "3600" }, 90],
    [{ Contact: `<${contact}>;q=0.5; Expires = "300" ` }, 300],
    [{ Contact: `"A, <B>" <${contact}>;expires=300` }, 300],
    [{ Contact: `<${contact}>`, Expires: "3600" }, 3_600],
    [{ Contact: `<${contact}>` }, 600],
    [{ Expires: " 120 " }, 120],
    [{ Expires: "0" }, 0],
    [{}, 600],
    [{ Contact: `<sip:other@10.0.0.9>;expires=10, <${contact}>;expires=240` }, 240],
    [{ Contact: `<${contact}>;expires=240,<sip:004930123456@10.0.0.9:5060>;expires=10` }, 240],
    // rewritten by the provider
    [{ Contact: "<sip:004930123456@203.0.113.9:41000;transport=tls>;expires=300" }, 300],
    // a URI parameter expires is ignored
    [{ Contact: "<sip:004930123456@10.0.0.1:5061;transport=tls;expires=5>", Expires: "700" }, 700],
    [{ Contact: `<${contact}>;expires=never`, Expires: "soon" }, 600],
    [{ Contact: "*", Expires: "-5" }, 600],
    // parameters after it, and their quotes
    [{ Contact: `<${contact}>;expires=60;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"` }, 60],
    [{ Contact: `<${contact}>;+sip.instance="<urn:x;expires=7>";reg-id=1;expires=60;q=0.1` }, 60],
    [{ Contact: `<${contact}>;received="sip:198.51.100.7:41000;transport=tls";expires=75` }, 75],
    [{ Contact: "sip:004930123456@10.0.0.1:5061;expires=60" }, 60],
    // equivalent spellings (RFC 3261 section 19.1.4)
    [
      {
        Contact: "<SIP:004930123456@10.0.0.1:5061;ob;transport=TLS>;EXPIRES=50, <sip:004930123456@10.0.0.9>;expires=10",
      },
      50,
    ],
    [{ Contact: "<sip:004930123456@10.0.0.9>;expires=10, <sip:004930123456@10.0.0.1;transport=tls>;expires=50" }, 50],
    // another device has our user; ours has the address in the Via
    [
      {
        Contact:
          "<sip:004930123456@10.0.0.9:5060>;expires=3000, <sip:004930123456@198.51.100.7:41000;transport=tls>;expires=300",
        Via: via(41_000),
      },
      300,
    ],
    [
      {
        Contact: "<sip:004930123456@10.0.0.9:5060>;expires=3000, <sip:a7Qx@198.51.100.7:41000>;expires=300",
        Via: via(41_000),
      },
      300,
    ],
    // ours cannot be identified: the shortest expiry, ignoring expired bindings
    [
      {
        Contact:
          "<sip:004930123456@10.0.0.9>;expires=0, <sip:004930123456@10.0.0.8>;expires=300, <sip:004930123456@10.0.0.7>;expires=90",
      },
      90,
    ],
    [{ Contact: "<sip:004930123456@10.0.0.9>;expires=300, <sip:004930123456@10.0.0.8>;expires=5" }, 30],
    [{ Contact: "<sip:a@10.0.0.9>;expires=3000, <sip:b@10.0.0.8>;expires=200" }, 200],
    [{ Contact: "<sip:a@10.0.0.9>;expires=3000" }, 600],
    // 0 beside ours
    [
      { Contact: `<sip:004930123456@10.0.0.9>;expires=0, <${contact}>;expires=240, <sip:other@10.0.0.8>;expires=0` },
      240,
    ],
    [{ Contact: `<${contact}>;expires=240, <${contact.replace("5061", "5062")}>;expires=0`, Expires: "0" }, 240],
    [{ Contact: `<${contact}>`, Expires: "0" }, 600],
    [{ Contact: `<${contact}>;expires=0` }, 0],
    // nonsense, negative, huge
    [{ Contact: `<${contact}>;expires=-60`, Expires: "-60" }, 600],
    [{ Contact: `<${contact}>;expires=60.5` }, 600],
    [{ Contact: `<${contact}>;expires=0x10;expires=20`, Expires: "120" }, 120],
    [{ Contact: `<${contact}>;expires=`, Expires: "1e3" }, 600],
    [{ Contact: `<${contact}>;expires=4294967295` }, 3_600],
    [{ Contact: `<${contact}>;expires=${"9".repeat(400)}` }, 3_600],
    [{ Contact: `<${contact}>`, Expires: "99999999999" }, 3_600],
    [{ Expires: "1000000000" }, 3_600],
    // a long list of bindings
    [
      {
        Contact: `${Array.from({ length: 40 }, (_, at) => `<sip:004930123456@10.0.1.${at}>;expires=9;+sip.instance="<urn:uuid:${"0".repeat(100)}>"`).join(", ")}, <${contact}>;expires=240`,
      },
      240,
    ],
  ];
  for (const [row, [headers, seconds]] of rows.entries())
    t.equal(
      readGrant(answer(headers), own, 600).seconds,
      seconds,
      `row ${row}: ${JSON.stringify(headers).slice(0, 200)}`,
    );
  t.equal(
    readGrant(answer({ Contact: `<${contact}>;expires=99999` }), own, 7_200).seconds,
    7_200,
    "never longer than an hour, or than what was asked for",
  );
  t.equal(
    readGrant(
      answer({ Contact: "<sip:u@[2001:DB8::1]:5061>;expires=50, <sip:u@[2001:db8::2]>;expires=10" }),
      { user: "u", host: "2001:db8::1", port: 5_061 },
      600,
    ).seconds,
    50,
  );
  t.end();
});

await t.test("a hostile Contact is parsed in bounded time", (t) => {
  for (const text of [
    "<sip:".repeat(50_000),
    `${'"'.repeat(100_000)}<`,
    `,${" ".repeat(200_000)}`,
    "sip:".repeat(60_000),
    `<${contact}>;expires${" ".repeat(200_000)}`,
    `<${contact}>${";a".repeat(30_000)}`,
    `<${contact}>;a="${"\\".repeat(60_000)}`,
    `<sip:${"@".repeat(60_000)}>`,
    `<sip:x${"[".repeat(60_000)}>`,
    "<sip:a@b>,".repeat(6_500),
  ]) {
    const begun = performance.now();
    t.equal(typeof readGrant(answer({ Contact: text, Via: via(41_000) }), own, 600).seconds, "number");
    t.ok(performance.now() - begun < 1_000, `${Math.round(performance.now() - begun)} ms`);
  }
  t.end();
});

await t.test("whether our Contact is among the bindings", (t) => {
  const rows: readonly (readonly [contacts: string | undefined, standing: string])[] = [
    [`<${contact}>;expires=90`, "yes"],
    [`<sip:other@10.0.0.9>;expires=10, <${contact}>;expires=240`, "yes"],
    ["<sip:004930123456@203.0.113.9:41000;transport=tls>;expires=300", "alike"],
    ["<sip:a7Qx@198.51.100.7:41000;transport=tls>;expires=300", "yes"],
    ["<sip:other@10.0.0.9>;expires=10", "no"],
    // Only a display name, a parameter or a longer port matches ours.
    [`"${contact}" <sip:other@10.0.0.9>;x="<${contact}>"`, "no"],
    ["<sip:other@10.0.0.1:50611>", "no"],
    ["*", "unknown"],
    ["", "unknown"],
    [" , ", "unknown"],
    [undefined, "unknown"],
  ];
  for (const [contacts, standing] of rows)
    t.equal(
      readGrant(answer({ Via: via(41_000), ...(contacts !== undefined && { Contact: contacts }) }), own, 600).listed,
      standing,
      contacts ?? "none",
    );
  t.end();
});

await t.test(
  "Retry-After: seconds with comment and parameters; capped; dates and malformed values are ignored",
  (t) => {
    const rows: readonly (readonly [text: string | undefined, ms: number | undefined])[] = [
      ["120", 120_000],
      [" 120 ", 120_000],
      ["0", 0],
      ["120 (I'm in a meeting)", 120_000],
      ["60;duration=3600", 60_000],
      ["60 (maintenance; really);duration=3600", 60_000],
      ["301", 300_000],
      ["18000;duration=3600", 300_000],
      ["9".repeat(400), 300_000],
      ["Wed, 21 Oct 2026 07:28:00 GMT", undefined],
      ["30,60", undefined],
      ["-30", undefined],
      ["1.5", undefined],
      ["30s", undefined],
      ["soon", undefined],
      ["", undefined],
      [undefined, undefined],
    ];
    for (const [text, ms] of rows)
      t.equal(retryAfter(answer(text === undefined ? {} : { "Retry-After": text })), ms, text ?? "none");
    t.end();
  },
);

await t.test("Min-Expires of a 423", (t) => {
  t.equal(minExpiry(answer({ "Min-Expires": " 3600 " })), 3_600);
  for (const text of ["", "soon", "-5", "1e3", "9".repeat(20)])
    t.equal(minExpiry(answer({ "Min-Expires": text })), 0, text);
  t.equal(minExpiry(answer({})), 0);
  t.end();
});

await t.test("our address as seen by the registrar", (t) => {
  t.equal(seenAddress(answer({ Via: via(41_000) })), "198.51.100.7:41000");
  t.equal(seenAddress(answer({ Via: "SIP/2.0/TLS 10.0.0.1;RPORT=5;branch=z" })), ":5");
  t.equal(seenAddress(answer({ Via: `${via(1)}, ${via(2)}` })), "198.51.100.7:1");
  t.equal(seenAddress(answer({ Via: "SIP/2.0/TLS 10.0.0.1;rport;branch=z" })), undefined);
  t.equal(seenAddress(answer({})), undefined);
  t.end();
});
