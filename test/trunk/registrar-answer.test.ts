import t from "tap";
import { contactStanding, grantedExpiry, leastExpiry, seenAddress } from "../../src/trunk/registrar-answer.js";
import type { SipRequestAnswer } from "../../src/trunk/registrar.js";
import { answered, via } from "../support/fake-requests.js";

const contact = "sip:004930123456@10.0.0.1:5061;transport=tls";

function answer(headers: Readonly<Record<string, string>>): SipRequestAnswer {
  const outcome = answered(200, headers);
  if (outcome.kind !== "answered") throw new Error("not answered");
  return outcome.answer;
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
    [{}, 600],
    [{ Contact: `<sip:other@10.0.0.9>;expires=10, <${contact}>;expires=240` }, 240],
    [{ Contact: `<${contact}>;expires=240,<sip:004930123456@10.0.0.9:5060>;expires=10` }, 240],
    // rewritten by the provider
    [{ Contact: "<sip:004930123456@203.0.113.9:41000;transport=tls>;expires=300" }, 300],
    // expires within the URI is not ours
    [{ Contact: "<sip:004930123456@10.0.0.1:5061;transport=tls;expires=5>", Expires: "700" }, 700],
    [{ Contact: `<${contact}>;expires=never`, Expires: "soon" }, 600],
    [{ Contact: "*", Expires: "-5" }, 600],
  ];
  for (const [row, [headers, seconds]] of rows.entries()) t.equal(grantedExpiry(answer(headers), contact, 600), seconds, `row ${row}`);
  t.end();
});

await t.test("a hostile Contact takes no time", (t) => {
  for (const text of ["<sip:".repeat(50_000), `${'"'.repeat(100_000)}<`, `,${" ".repeat(200_000)}`, "sip:".repeat(60_000), `<${contact}>;expires${" ".repeat(200_000)}`]) {
    const begun = performance.now();
    t.equal(typeof grantedExpiry(answer({ Contact: text }), contact, 600), "number");
    t.ok(performance.now() - begun < 1_000, `${Math.round(performance.now() - begun)} ms`);
  }
  t.end();
});

await t.test("whether our Contact is among the bindings", (t) => {
  const rows: readonly (readonly [contacts: string | undefined, standing: string])[] = [
    [`<${contact}>;expires=90`, "yes"],
    [`<sip:other@10.0.0.9>;expires=10, <${contact}>;expires=240`, "yes"],
    ["<sip:004930123456@203.0.113.9:41000;transport=tls>;expires=300", "yes"],
    ["<sip:other@10.0.0.9>;expires=10", "no"],
    ["*", "no"],
    ["", "unknown"],
    [" , ", "unknown"],
    [undefined, "unknown"],
  ];
  for (const [contacts, standing] of rows) t.equal(contactStanding(answer(contacts === undefined ? {} : { Contact: contacts }), contact), standing, contacts ?? "none");
  t.end();
});

await t.test("what a 423 asks for", (t) => {
  t.equal(leastExpiry(answer({ "Min-Expires": " 3600 " })), 3_600);
  for (const text of ["", "soon", "-5", "1e3", "9".repeat(20)]) t.equal(leastExpiry(answer({ "Min-Expires": text })), 0, text);
  t.equal(leastExpiry(answer({})), 0);
  t.end();
});

await t.test("the address that the registrar has seen", (t) => {
  t.equal(seenAddress(answer({ Via: via(41_000) })), "198.51.100.7:41000");
  t.equal(seenAddress(answer({ Via: "SIP/2.0/TLS 10.0.0.1;RPORT=5;branch=z" })), ":5");
  t.equal(seenAddress(answer({ Via: `${via(1)}, ${via(2)}` })), "198.51.100.7:1");
  t.equal(seenAddress(answer({ Via: "SIP/2.0/TLS 10.0.0.1;rport;branch=z" })), undefined);
  t.equal(seenAddress(answer({})), undefined);
  t.end();
});
