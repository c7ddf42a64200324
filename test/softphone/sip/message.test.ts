import t from "tap";

import { Headers, splitList } from "../../../src/softphone/sip/headers.js";
import { formatNameAddr, parseNameAddr, parseUri, SipRequest, SipResponse } from "../../../src/softphone/sip/index.js";
import { parseVia } from "../../../src/softphone/sip/message.js";
import { parseMessage } from "../../../src/softphone/sip/parse.js";
import { StreamFramer } from "../../../src/softphone/sip/stream-framer.js";
import { fromWire, rawByte, toWire } from "../../../src/softphone/sip/wire-text.js";
import { parsed } from "./support.js";

const invite = [
  "INVITE sip:bob@biloxi.example.com SIP/2.0",
  "Via: SIP/2.0/TCP client.atlanta.example.com:5060;branch=z9hG4bK74bf9",
  "Max-Forwards: 70",
  'From: "Alice" <sip:alice@atlanta.example.com>;tag=9fxced76sl',
  "To: Bob <sip:bob@biloxi.example.com>",
  "Call-ID: 3848276298220188511@atlanta.example.com",
  "CSeq: 1 INVITE",
  "Contact: <sip:alice@client.atlanta.example.com;transport=tcp>",
  "Content-Type: application/sdp",
  "Content-Length: 4",
  "",
  "v=0x",
].join("\r\n");

await t.test("a request is parsed and written back unchanged", (t) => {
  const request = parsed(invite);
  t.equal(request.kind, "request");
  t.equal(request.toString().split("\r\n").sort().join("\n"), invite.split("\r\n").sort().join("\n"));
  t.same(request.cseq, { number: 1, method: "INVITE" });
  t.equal(request.from.displayName, "Alice");
  t.equal(request.fromTag, "9fxced76sl");
  t.equal(request.toTag, "");
  t.equal(request.contact?.uri, "sip:alice@client.atlanta.example.com;transport=tcp");
  t.equal(request.body, "v=0x");
  t.end();
});

await t.test("compact names, folding, any case, spaces before the colon", (t) => {
  const request = parsed(
    [
      "OPTIONS sip:b SIP/2.0",
      "v: SIP / 2.0 / UDP  [::1]:5070 ;branch=z9hG4bK1;received=1.2.3.4",
      "f: <sip:a@x>;tag=1",
      "T:<sip:b@x>",
      "i: abc",
      "cseq: 7",
      "  OPTIONS",
      "Route : <sip:one;lr>,",
      "\t<sip:two;lr>",
      "l: 0",
      "",
      "",
    ].join("\r\n"),
  );
  t.match(request.via, { transport: "udp", host: "::1", port: 5070 });
  t.equal(request.via?.params.get("received"), "1.2.3.4");
  t.same(request.cseq, { number: 7, method: "OPTIONS" });
  t.same(request.headers.list("route"), ["<sip:one;lr>", "<sip:two;lr>"]);
  t.equal(request.callId, "abc");
  t.end();
});

await t.test("bodies count in bytes", (t) => {
  const request = new SipRequest(
    "MESSAGE",
    "sip:x",
    [
      ["Via", "SIP/2.0/UDP x;branch=z9hG4bK1"],
      ["From", "<sip:a@x>;tag=1"],
      ["To", "<sip:b@x>"],
      ["Call-ID", "c"],
      ["CSeq", "1 MESSAGE"],
    ],
    "größe 📞",
  );
  t.match(request.toString(), /Content-Length: 12\r\n/);
  t.equal(parsed(request.toString()).body, "größe 📞");
  t.end();
});

await t.test("hostile messages are failures, never exceptions", (t) => {
  const change = (from: string | RegExp, to: string): string => invite.replace(from, to);
  const table: readonly (readonly [string, string, boolean])[] = [
    ["control characters", "\u0000\u0001\u0002\r\n\r\n", false],
    ["headers without an empty line", "INVITE sip:x SIP/2.0\r\nVia: x", false],
    ["SIP version 3.0", change("SIP/2.0", "SIP/3.0"), false],
    ["no Via", change(/Via:.*\r\n/, ""), false],
    ["malformed Via", change(/Via:.*\r\n/, "Via: hello\r\n"), false],
    ["no From", change(/From:.*\r\n/, ""), true],
    ["two From headers", change("From:", "From: <sip:x@y>;tag=2\r\nFrom:"), true],
    ["no To", change(/To:.*\r\n/, ""), true],
    ["no Call-ID", change(/Call-ID:.*\r\n/, ""), false],
    ["Call-ID with |", change("3848", "38|48"), true],
    ["tag with |", change("tag=9fx", 'tag="9|fx"'), true],
    ["CSeq of another method", change("1 INVITE", "1 BYE"), true],
    ["CSeq too large", change("1 INVITE", "99999999999 INVITE"), true],
    ["malformed Request-URI", change("sip:bob@biloxi.example.com SIP", "sip:bob@bi<x> SIP"), true],
    ["Request-URI port too large", change("sip:bob@biloxi.example.com SIP", "sip:b@x:99999 SIP"), true],
    ["body shorter than Content-Length", change("Content-Length: 4", "Content-Length: 400"), true],
    ["negative Content-Length", change("Content-Length: 4", "Content-Length: -4"), true],
    ["Max-Forwards is not a number", change("Max-Forwards: 70", "Max-Forwards: x"), true],
    ["a thousand headers", change("Max-Forwards: 70", "X: 1\r\n".repeat(1000) + "Y: 2"), false],
    ["folded first header", change("Via:", " x\r\nVia:"), false],
    ["header of 70,000 bytes", change("Max-Forwards: 70", `X: ${"a".repeat(70_000)}`), false],
    ["status out of range", "SIP/2.0 999 x\r\n\r\n", false],
  ];
  for (const [name, text, answerable] of table) {
    const result = parseMessage(Buffer.from(text));
    t.notOk(result.ok, `${name}: rejected`);
    if (!result.ok) t.equal(result.failure.answerable !== undefined, answerable, `${name}: ${result.failure.reason}`);
  }
  t.end();
});

await t.test("a header without a name or a colon is skipped and counted", (t) => {
  for (const line of [": 70", "Max-Forwards 70", "Max Forwards: 70"]) {
    const message = parseMessage(Buffer.from(invite.replace("Max-Forwards: 70", `${line}\r\n folded`)));
    t.ok(
      message.ok &&
        message.value.headers.get("Max-Forwards") === undefined &&
        message.value.headers.get("Call-ID") !== undefined,
      line,
    );
    t.equal(message.ok && message.value.received?.unreadableLines, 1);
  }
  t.end();
});

await t.test("random damage never throws", (t) => {
  let seed = 1;
  const next = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  let refused = 0;
  for (let round = 0; round < 2_000; round += 1) {
    const bytes = Buffer.from(invite);
    for (let hit = 0; hit < 1 + next(8); hit += 1) bytes[next(bytes.length)] = next(256);
    if (!parseMessage(bytes.subarray(0, next(bytes.length) + 1)).ok) refused += 1;
  }
  t.ok(refused > 1_000);
  t.end();
});

await t.test("URIs", (t) => {
  const uri = parseUri("sips:+4915112;cpc=mobile:pw@[2001:db8::1]:5071;transport=TLS;lr?Subject=x%20y");
  t.match(uri, {
    scheme: "sips",
    user: "+4915112;cpc=mobile:pw",
    host: "2001:db8::1",
    port: 5071,
    headers: "Subject=x%20y",
  });
  t.equal(uri?.params.get("transport"), "TLS");
  t.equal(uri?.params.get("lr"), "");
  t.match(parseUri("sip:example.org"), { scheme: "sip", host: "example.org" });
  t.match(parseUri("tel:+49123;phone-context=x"), { scheme: "tel", user: "+49123", host: "" });
  for (const bad of ["", "bob", "sip:", "sip:@", "sip:a b@c", "sip:a@b:0", "sip:a@b:x", "tel:"])
    t.equal(parseUri(bad), undefined, bad);
  t.end();
});

await t.test("name-addr", (t) => {
  t.same(parseNameAddr('"A \\"q\\" <x>, y" <sip:a@b;lr>;tag=1;x="a;b"'), {
    displayName: 'A "q" <x>, y',
    uri: "sip:a@b;lr",
    params: new Map([
      ["tag", "1"],
      ["x", "a;b"],
    ]),
  });
  t.match(parseNameAddr("sip:a@b;tag=2"), { displayName: "", uri: "sip:a@b", params: new Map([["tag", "2"]]) });
  t.equal(parseNameAddr("Anonymous <sip:anonymous@anonymous.invalid>")?.displayName, "Anonymous");
  for (const bad of ["", "<sip:a@b", "hello", '"a" <b>', "<sip:a@b> junk"]) t.equal(parseNameAddr(bad), undefined, bad);
  const written = formatNameAddr({ displayName: 'A "q" \\', uri: "sip:a@b", params: new Map([["tag", "1"]]) });
  t.equal(written, '"A \\"q\\" \\\\" <sip:a@b>;tag=1');
  t.equal(parseNameAddr(written)?.displayName, 'A "q" \\');
  t.end();
});

await t.test("headers", (t) => {
  t.same(splitList('a, "b,c" <sip:x,y>;p="1,2", d'), ["a", '"b,c" <sip:x,y>;p="1,2"', "d"]);
  const headers = new Headers([
    ["Via", "1"],
    ["Via", "2, 3"],
    ["Z", "y"],
  ]);
  headers.replaceAll("Via", ["4", "5"]);
  headers.set("z", "w");
  headers.prepend("v", "0");
  headers.add("Evil", "a\r\nInjected: yes");
  t.same(headers.entries(), [
    ["Via", "0"],
    ["Via", "4"],
    ["Via", "5"],
    ["Z", "w"],
    ["Evil", "a Injected: yes"],
  ]);
  t.equal(parseVia("SIP/2.0/TLS host;branch=z9hG4bKx;rport")?.params.get("rport"), "");
  t.end();
});

await t.test("a response copies the headers of RFC 3261 section 8.2.6.2", (t) => {
  const request = parsed(invite.replace("Max-Forwards", "Via: SIP/2.0/UDP second;branch=z9hG4bK2\r\nMax-Forwards"));
  t.equal(request.kind, "request");
  if (request.kind !== "request") return;
  const response = SipResponse.to(request, 486, { toTag: "local" });
  t.equal(response.reason, "Busy Here");
  t.equal(response.headers.all("Via").length, 2);
  t.equal(response.toTag, "local");
  t.equal(SipResponse.to(request, 100, { toTag: "local" }).toTag, "");
  t.end();
});

await t.test("a stream is split by Content-Length, for any chunks", (t) => {
  const whole = Buffer.from(`${invite}\r\n\r\n${invite}\r\n${invite}`);
  for (const size of [1, 7, 100, whole.length]) {
    const framer = new StreamFramer();
    const kinds: string[] = [];
    for (let at = 0; at < whole.length; at += size) {
      const framed = framer.push(whole.subarray(at, at + size));
      if (!framed.ok) t.fail(framed.failure);
      else for (const part of framed.value) kinds.push(part.kind === "ping" ? "ping" : part.bytes.toString());
    }
    t.same(kinds, [invite, "ping", invite, invite], `in pieces of ${size}`);
  }
  t.end();
});

await t.test("a stream that cannot be SIP is rejected", (t) => {
  for (const [name, text] of [
    ["no Content-Length", invite.replace(/Content-Length.*\r\n/, "")],
    ["Content-Length of 70,000", invite.replace("Content-Length: 4", "Content-Length: 70000")],
    ["20,000 headers", "X: y\r\n".repeat(20_000)],
    ["TLS records on a plain port", "\x16\x03\x01".repeat(30_000)],
  ] as const) {
    const framer = new StreamFramer();
    let failed = false;
    for (let at = 0; at < text.length && !failed; at += 4096)
      failed = !framer.push(Buffer.from(text.slice(at, at + 4096), "latin1")).ok;
    t.ok(failed, `${name}: rejected`);
  }
  t.end();
});

await t.test("bytes that are not UTF-8 pass unchanged", (t) => {
  const bytes = Buffer.concat([
    Buffer.from("ä€😀"),
    Buffer.of(0xe4, 0xff, 0x80, 0xc0, 0xaf, 0xe2, 0x82, 0xed, 0xa0, 0x80),
    Buffer.from("z\0"),
  ]);
  t.same(toWire(fromWire(bytes)), bytes);
  t.equal(fromWire(Buffer.of(0x61, 0xe4)), `a${rawByte(0xe4)}`);
  t.same(toWire(fromWire(bytes.subarray(1))), bytes.subarray(1), "also from the middle of a character");
  const request = new SipRequest("INFO", "sip:a@b", [["Subject", rawByte(0xff)]], `x${rawByte(0xe4)}`);
  t.match(toWire(request.toString()).toString("latin1"), /Subject: \xff\r\nContent-Length: 2\r\n\r\nx\xe4$/);
  t.end();
});

await t.test("rejected like by sofia-sip: a NUL, and an unquoted display name that is not made of tokens", (t) => {
  for (const name of ["", "Ada ", "Ada M. O'Neil ", '"Jäger, (x) <y>" ', `"${rawByte(0xe4)}\\"" `])
    t.ok(parseNameAddr(`${name}<sip:a@b>`), JSON.stringify(name));
  for (const name of ["Jäger ", `J${rawByte(0xe4)}ger `, "Hans (B) ", "a@b ", "A/B ", '"a\0b" '])
    t.notOk(parseNameAddr(`${name}<sip:a@b>`), JSON.stringify(name));
  const refused = (changed: string): unknown => parseMessage(Buffer.from(changed));
  t.match(refused(invite.replace("v=0x", "v=0\0")), { ok: false, failure: { reason: "a NUL byte" } });
  t.match(refused(invite.replace("Max-Forwards", "P-Asserted-Identity: Jäger <sip:a@b>\r\nMax-Forwards")), {
    ok: false,
    failure: { reason: "unreadable P-Asserted-Identity", isMinor: true },
  });
  t.strictSame(
    new StreamFramer().push(Buffer.from(invite.replace("70", "7\0"))),
    { ok: true, value: [] },
    "a stream is read no further",
  );
  t.end();
});
