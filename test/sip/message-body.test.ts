import t from "tap";

import { type MessageBody, sdpIn } from "../../src/sip/message-body.js";

const sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n\r\nm=audio 40000 RTP/AVP 8\r\n";
const sdpPart = `Content-Type: application/sdp\r\nContent-Disposition: session;handling=required\r\n\r\n${sdp}`;
const isupPart = (handling: string): string =>
  `Content-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal${handling}\r\n\r\nISUP`;

function body(type: string, text: string, more: Partial<MessageBody> = {}): MessageBody {
  return { type, disposition: "", encoding: "", text, ...more };
}

function multipart(...parts: readonly string[]): string {
  return `preamble\r\n${parts.map((part) => `--b1\r\n${part}\r\n`).join("")}--b1--\r\nepilogue`;
}

const mixed = "multipart/mixed;boundary=b1";

await t.test("the session description in a body, or an unsupported required part", (t) => {
  const rows: readonly (readonly [what: string, body: MessageBody, found: string | undefined])[] = [
    ["none", body("", ""), ""],
    ["empty", body("application/isup", " \r\n"), ""],
    ["alone", body("application/sdp", sdp), sdp],
    [
      "with a parameter, in other letters",
      body("Application/SDP; charset=utf-8", sdp, { disposition: "Session" }),
      sdp,
    ],
    ["without a type", body("", sdp), sdp],
    ["for early media", body("application/sdp", sdp, { disposition: "early-session;handling=required" }), undefined],
    ["compressed", body("application/sdp", sdp, { encoding: "gzip" }), undefined],
    ["another type", body("application/isup", "ISUP"), undefined],
    [
      "another type that is optional",
      body("application/isup", "ISUP", { disposition: "signal;handling=optional" }),
      "",
    ],
    ["first of two", body(mixed, multipart(sdpPart, isupPart(";handling=optional"))), sdp],
    ["second of two", body(mixed, multipart(isupPart("; handling=Optional"), sdpPart)), sdp],
    ["the boundary in quotes", body('multipart/mixed; boundary="b1"', multipart(sdpPart)), sdp],
    [
      "another parameter after the boundary",
      body('multipart/related;boundary=b1;type="application/sdp"', multipart(sdpPart)),
      sdp,
    ],
    ["lines without carriage returns", body(mixed, multipart(sdpPart).replaceAll("\r\n", "\n")), sdp],
    ["the end is missing", body(mixed, multipart(sdpPart).replace("--b1--\r\nepilogue", "")), sdp],
    ["a part that is required", body(mixed, multipart(sdpPart, isupPart(";handling=required"))), undefined],
    ["required unless it says otherwise", body(mixed, multipart(sdpPart, isupPart(""))), undefined],
    ["a header that goes on", body(mixed, multipart(sdpPart, isupPart(";\r\n handling=optional"))), sdp],
    ["a part without headers", body(mixed, multipart(sdpPart, "\r\nHello")), undefined],
    ["no part with a session", body(mixed, multipart(isupPart(";handling=optional"))), ""],
    [
      "one that is understood among others",
      body("multipart/alternative;boundary=b1", multipart(sdpPart, isupPart(""))),
      sdp,
    ],
    [
      "one within another",
      body(mixed, multipart(`Content-Type: multipart/alternative;boundary=b2\r\n\r\n--b2\r\n${sdpPart}\r\n--b2--`)),
      sdp,
    ],
    ["no boundary", body("multipart/mixed", multipart(sdpPart)), undefined],
    ["another boundary", body("multipart/mixed;boundary=b2", multipart(sdpPart)), undefined],
    [
      "too many parts",
      body(mixed, multipart(...Array.from({ length: 17 }, () => isupPart(";handling=optional")))),
      undefined,
    ],
  ];
  for (const [what, content, found] of rows) t.equal(sdpIn(content)?.trim(), found?.trim(), what);
  t.end();
});

await t.test("nested parts are limited", (t) => {
  let text = sdpPart;
  for (let depth = 0; depth < 50; depth++)
    text = `Content-Type: multipart/mixed;boundary=b${depth}\r\n\r\n--b${depth}\r\n${text}\r\n--b${depth}--`;
  t.equal(sdpIn(body("multipart/mixed;boundary=b", `--b\r\n${text}\r\n--b--`)), undefined);
  t.end();
});
