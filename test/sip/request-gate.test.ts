import t from "tap";

import type { InviteFacts } from "../../src/caller/invite.js";
import { readContact } from "../../src/sip/contact.js";
import { MergedRequests } from "../../src/sip/merged-requests.js";
import { RequestGate } from "../../src/sip/request-gate.js";
import { FakeClock } from "../support/fake-clock.js";

const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE";
const trunk: InviteFacts["source"] = { address: "192.0.2.1", port: 5061, transport: "tls" };
const stranger: InviteFacts["source"] = { address: "203.0.113.9", port: 5060, transport: "udp" };

interface Sent {
  readonly from?: InviteFacts["source"];
  readonly dialogId?: string;
  readonly callId?: string;
  readonly tag?: string;
  readonly cseq?: number;
  readonly to?: string;
  readonly branch?: string;
  readonly headers?: readonly string[];
}

function makeGate(clock = new FakeClock()): (method: string, sent?: Sent) => string {
  const gate = new RequestGate({
    merged: new MergedRequests(clock),
    onHeard: (source) => source.address === trunk.address,
    hasDialog: (id) => id === "known",
    lostCall: (id) =>
      id === "lost;from-tag=f"
        ? { takeInfo: (type, body) => ({ status: 200, reason: "OK", headers: { Took: `${type} ${body}` } }) }
        : undefined,
  });
  return (
    method,
    {
      from = trunk,
      dialogId = "",
      callId = "c",
      tag = "f",
      cseq = 1,
      to = "",
      branch = "b",
      headers = ["Contact: <sip:a@192.0.2.1>"],
    } = {},
  ) => {
    const text = [
      `${method} sip:einwahl@192.0.2.9 SIP/2.0`,
      `Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bK${branch}`,
      `From: "x;tag=no" <sip:+4930@192.0.2.1;tag=no>;tag=${tag}`,
      `To: <sip:einwahl@192.0.2.9>${to === "" ? "" : `;tag=${to}`}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      ...headers,
      "",
      "Require: nothing-of-the-body",
    ].join("\r\n");
    const verdict = gate.judge({ source: from, dialogId, text });
    if (verdict.kind !== "answer") return verdict.kind;
    return [`${verdict.status}`, ...Object.entries(verdict.headers).map(([name, value]) => `${name}: ${value}`)].join(
      " | ",
    );
  };
}

const capable = `200 | Allow: ${allow} | Accept: application/sdp, multipart/mixed, multipart/alternative | Accept-Encoding: identity | Supported: timer`;

await t.test("requests of a call that drachtio has lost", (t) => {
  const judge = makeGate();
  const lost = { callId: "lost", to: "t", headers: ["c: application/dtmf-relay"] };
  t.equal(judge("OPTIONS", lost), capable, "the peer asks whether the call is still there");
  t.equal(judge("INFO", lost), "200 | Took: application/dtmf-relay Require: nothing-of-the-body");
  t.equal(judge("OPTIONS", { ...lost, tag: "other" }), "481", "of another dialog");
  t.equal(judge("OPTIONS", { ...lost, to: "" }), capable, "outside of dialogs");
  t.equal(judge("INFO", { ...lost, from: stranger }), "403", "from a stranger");
  t.equal(judge("NOTIFY", lost), "481");
  t.end();
});

await t.test("requests within a dialog", (t) => {
  const judge = makeGate();
  const known = { dialogId: "known", to: "t" };
  for (const method of ["REFER", "MESSAGE", "NOTIFY", "PUBLISH", "SUBSCRIBE", "REGISTER", "PRACK", "FOO", "invite"])
    t.equal(judge(method, known), `405 | Allow: ${allow}`, method);
  for (const method of ["INVITE", "UPDATE", "INFO", "ACK", "CANCEL", "BYE"])
    t.equal(judge(method, known), "pass", method);
  t.equal(judge("OPTIONS", known), capable, "OPTIONS");
  for (const method of ["INVITE", "UPDATE", "INFO", "OPTIONS"]) {
    t.equal(
      judge(method, { ...known, headers: ["Require: timer, foo", "require:\r\n bar"] }),
      "420 | Unsupported: foo, bar",
      `${method} that requires what is not there`,
    );
    t.equal(judge(method, { dialogId: "gone", to: "t" }), "481", `${method} in a dialog that is gone`);
  }
  for (const method of ["ACK", "CANCEL", "BYE"])
    t.equal(
      judge(method, { ...known, headers: ["Require: foo"] }),
      "pass",
      `${method} is never refused for its Require`,
    );
  t.equal(
    judge("UPDATE", { ...known, headers: ["Require: Timer", "Proxy-Require: foo"] }),
    "pass",
    "Proxy-Require is for proxies",
  );
  t.equal(judge("BYE", { dialogId: "gone", to: "t" }), "pass");
  t.end();
});

await t.test("requests outside of dialogs", (t) => {
  const judge = makeGate();
  for (const method of ["MESSAGE", "NOTIFY", "PUBLISH", "SUBSCRIBE", "REGISTER", "REFER"]) {
    t.equal(judge(method), `405 | Allow: ${allow}`, `${method} of a trunk`);
    t.equal(judge(method, { from: stranger }), "403", `${method} of a stranger`);
  }
  t.equal(judge("OPTIONS"), capable);
  t.equal(judge("OPTIONS", { headers: ["Require: foo"] }), "420 | Unsupported: foo");
  t.equal(judge("INFO"), "481", "INFO belongs into a dialog");
  for (const method of ["OPTIONS", "INFO", "MESSAGE", "NOTIFY"]) {
    t.equal(judge(method, { to: "gone" }), "481", `${method} in a dialog that is gone`);
    t.equal(judge(method, { to: "gone", from: stranger }), "403", `${method} of a stranger in a dialog that never was`);
  }
  t.equal(judge("OPTIONS", { from: stranger, headers: ["Require: foo"] }), "403", "a stranger learns nothing");
  t.equal(
    judge("INVITE", { from: stranger, headers: ["Require: foo"] }),
    "pass",
    "a stranger's INVITE is refused as such by the call",
  );
  t.equal(
    judge("OPTIONS", {
      headers: [`Require: ${"x".repeat(50)}, a b, ${Array.from({ length: 20 }, (_, tag) => `t${tag}`).join(",")}`],
    }),
    "420 | Unsupported: t0, t1, t2, t3, t4, t5, t6, t7",
  );
  t.end();
});

await t.test("an INVITE that arrives over two paths is merged", async (t) => {
  const clock = new FakeClock();
  const judge = makeGate(clock);
  t.equal(judge("INVITE", { branch: "1" }), "pass");
  t.equal(judge("INVITE", { branch: "2" }), "482");
  t.equal(
    judge("INVITE", { branch: "3", headers: ["i: other", "Contact: <sip:a@192.0.2.1>"] }),
    "pass",
    "another Call-ID",
  );
  t.equal(judge("INVITE", { cseq: 2 }), "pass", "another attempt of the same caller");
  t.equal(judge("INVITE", { tag: "g" }), "pass", "another caller");
  await clock.advance(31_000);
  t.equal(judge("INVITE"), "482");
  await clock.advance(2_000);
  t.equal(judge("INVITE"), "pass", "its transaction is over");
  t.equal(judge("INVITE", { dialogId: "known", to: "t" }), "pass", "a re-INVITE is not a merged request");
  const strangers = makeGate(clock);
  t.equal(strangers("INVITE", { from: stranger }), "pass");
  t.equal(strangers("INVITE", { from: stranger }), "pass", "strangers are refused each time");
  for (let call = 0; call < 30_000; call++) judge("INVITE", { callId: `${call}` });
  t.equal(judge("INVITE", { callId: "29999" }), "482", "a flood takes a bounded memory");
  t.equal(judge("INVITE", { callId: "1" }), "pass");
});

await t.test("an INVITE whose response would crash drachtio gets none", (t) => {
  const judge = makeGate();
  for (const [row, contact] of [
    "Contact: *",
    "m: *",
    "Contact: <tel:+4930>",
    'Contact: "sip:a@b" <tel:+4930>',
    "Contact: tel:+4930, <sip:a@192.0.2.1>",
    "Contact:\r\n *",
  ].entries()) {
    for (const from of [stranger, { ...trunk, transport: "udp" }] as const)
      t.equal(judge("INVITE", { from, callId: `udp${row}`, headers: [contact] }), "ignore", contact);
    t.equal(judge("INVITE", { callId: `tls${row}`, headers: [contact] }), "pass", `${contact} over TLS`);
    t.equal(
      judge("INVITE", {
        from: stranger,
        callId: `route${row}`,
        headers: [contact, "Record-Route: <sip:192.0.2.7;lr>"],
      }),
      "pass",
      `${contact} with a route`,
    );
  }
  t.equal(judge("INVITE", { from: stranger, headers: [] }), "pass", "none at all is harmless");
  t.end();
});

await t.test("Contacts", (t) => {
  const rows = {
    missing: ["", "  "],
    unreachable: [
      "*",
      "<tel:+4930>",
      "<>",
      "<sip:>",
      "sip:",
      "<sip:a@>",
      "mailto:a@b",
      "<mailto:a@b>",
      '"<sip:a@b>" <tel:1>',
      "x",
    ],
    reachable: [
      "<sip:a@b>",
      "sip:a@b",
      "<sips:b:5061>",
      "<SIP:a@[2001:db8::1]:5060;transport=tls>;expires=60",
      '"Ada \\"<x>\\", A." <sip:a@b>',
      "Ada <sip:+49;cpc=x@b.example>",
      "<sip:192.0.2.1>",
      "<sip:a@b>, *",
    ],
  };
  for (const [kind, values] of Object.entries(rows))
    for (const value of values) t.equal(readContact(value), kind, value);
  for (const filler of ['"', "<", "\\", '"\\', "sip:", "@", " "]) {
    const begun = performance.now();
    readContact(filler.repeat(60_000));
    t.ok(performance.now() - begun < 1_000, `${filler} 60,000 times`);
  }
  t.end();
});
