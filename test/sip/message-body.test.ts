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
    ["no body", body("", ""), ""],
    ["blank body", body("application/isup", " \r\n"), ""],
    ["SDP body", body("application/sdp", sdp), sdp],
    [
      "SDP type in capitals with a parameter",
      body("Application/SDP; charset=utf-8", sdp, { disposition: "Session" }),
      sdp,
    ],
    ["SDP without Content-Type", body("", sdp), sdp],
    [
      "early-session disposition",
      body("application/sdp", sdp, { disposition: "early-session;handling=required" }),
      undefined,
    ],
    ["gzip encoding", body("application/sdp", sdp, { encoding: "gzip" }), undefined],
    ["required ISUP body", body("application/isup", "ISUP"), undefined],
    ["optional ISUP body", body("application/isup", "ISUP", { disposition: "signal;handling=optional" }), ""],
    ["SDP before optional ISUP", body(mixed, multipart(sdpPart, isupPart(";handling=optional"))), sdp],
    ["SDP after optional ISUP", body(mixed, multipart(isupPart("; handling=Optional"), sdpPart)), sdp],
    ["boundary in quotes", body('multipart/mixed; boundary="b1"', multipart(sdpPart)), sdp],
    [
      "parameter after the boundary",
      body('multipart/related;boundary=b1;type="application/sdp"', multipart(sdpPart)),
      sdp,
    ],
    ["lines without CR", body(mixed, multipart(sdpPart).replaceAll("\r\n", "\n")), sdp],
    ["missing final boundary", body(mixed, multipart(sdpPart).replace("--b1--\r\nepilogue", "")), sdp],
    ["SDP and required ISUP", body(mixed, multipart(sdpPart, isupPart(";handling=required"))), undefined],
    ["SDP and ISUP without handling, required by default", body(mixed, multipart(sdpPart, isupPart(""))), undefined],
    ["folded part header", body(mixed, multipart(sdpPart, isupPart(";\r\n handling=optional"))), sdp],
    ["SDP and a part without headers", body(mixed, multipart(sdpPart, "\r\nHello")), undefined],
    ["optional ISUP only", body(mixed, multipart(isupPart(";handling=optional"))), ""],
    [
      "multipart/alternative with SDP and ISUP",
      body("multipart/alternative;boundary=b1", multipart(sdpPart, isupPart(""))),
      sdp,
    ],
    [
      "SDP in a nested multipart",
      body(mixed, multipart(`Content-Type: multipart/alternative;boundary=b2\r\n\r\n--b2\r\n${sdpPart}\r\n--b2--`)),
      sdp,
    ],
    ["multipart without a boundary", body("multipart/mixed", multipart(sdpPart)), undefined],
    ["multipart with another boundary", body("multipart/mixed;boundary=b2", multipart(sdpPart)), undefined],
    [
      "17 parts",
      body(mixed, multipart(...Array.from({ length: 17 }, () => isupPart(";handling=optional")))),
      undefined,
    ],
  ];
  for (const [what, content, found] of rows)
    t.equal(
      sdpIn(content)?.trim(),
      found?.trim(),
      `${what}: ${found === undefined ? "unsupported" : found === "" ? "no SDP" : "SDP found"}`,
    );
  t.end();
});

await t.test("nested parts are limited", (t) => {
  let text = sdpPart;
  for (let depth = 0; depth < 50; depth++)
    text = `Content-Type: multipart/mixed;boundary=b${depth}\r\n\r\n--b${depth}\r\n${text}\r\n--b${depth}--`;
  t.equal(sdpIn(body("multipart/mixed;boundary=b", `--b\r\n${text}\r\n--b--`)), undefined);
  t.end();
});
