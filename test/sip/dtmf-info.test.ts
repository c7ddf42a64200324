import t from "tap";

import { readDtmfInfo } from "../../src/sip/dtmf-info.js";

const relay = "application/dtmf-relay";

await t.test("the DTMF digit in an INFO", (t) => {
  const rows: readonly (readonly [contentType: string, body: string, key: string])[] = [
    [relay, "Signal=5\r\nDuration=160\r\n", "5"],
    [relay, "Signal=5\r\nDuration=160", "5"],
    [relay, "Signal=5\nDuration=160", "5"],
    [relay, "Duration=160\r\nSignal= *\r\n", "*"],
    [relay, "signal = #", "#"],
    [relay, "SIGNAL=5\r\nDURATION=160", "5"],
    [relay, "Signal: 5\r\nDuration: 160\r\n", "5"],
    [relay, 'Signal="5"', "5"],
    [relay, 'Signal = " 5 " ;Duration=160', "5"],
    [relay, "Signal=5;Duration=160", "5"],
    [relay, "Duration=160;Signal=5", "5"],
    [relay, "Signal=5\rDuration=160", "5"],
    ["Application/DTMF-Relay; charset=utf-8", "Signal=0", "0"],
    [relay, "Signal=10", "*"],
    [relay, "Signal=11", "#"],
    [relay, 'Signal="10"', "*"],
    ["application/dtmf", "7", "7"],
    ["application/dtmf", " 7\r\n", "7"],
    ["application/dtmf", '"7"', "7"],
    ["application/dtmf", "10", "*"],
    ["application/dtmf", "#", "#"],
    ["application/dtmf", "Signal=7", "7"],
    ["application/dtmf", "signal: 7\r\nDuration=250", "7"],
  ];
  for (const [contentType, body, key] of rows)
    t.strictSame(readDtmfInfo(contentType, body), { kind: "key", key }, JSON.stringify(body));
  t.end();
});

await t.test("unused events and empty bodies are ignored", (t) => {
  const rows = [
    [relay, "Signal=12"],
    [relay, "Signal=A\r\nDuration=160"],
    [relay, "signal=d"],
    [relay, "Signal=16"],
    ["application/dtmf", "C"],
    ["application/dtmf", "15"],
    ["", ""],
    ["text/plain", "\r\n"],
    [relay, ""],
  ] as const;
  for (const [contentType, body] of rows)
    t.strictSame(readDtmfInfo(contentType, body), { kind: "nothing" }, JSON.stringify(body));
  t.end();
});

await t.test("every other body is unsupported", (t) => {
  const rows = [
    [relay, "Signal="],
    [relay, "Signal=55"],
    [relay, "Signal=555"],
    [relay, "Signal=5 5"],
    [relay, 'Signal="5'],
    [relay, "Signal=17"],
    [relay, "XSignal=5"],
    [relay, "5"],
    ["application/dtmf", "٣"],
    ["application/dtmf", "55"],
    ["text/plain", "7"],
    ["application/sdp", "Signal=7"],
    ["application/vnd.nortelnetworks.digits", "p=Digit-Collection\r\ny=Digits\r\n\r\nd=7\r\n"],
    ["application/media_control+xml", "<media_control/>"],
    ["", "7"],
  ] as const;
  for (const [contentType, body] of rows)
    t.strictSame(readDtmfInfo(contentType, body), { kind: "unsupported" }, JSON.stringify(body));
  t.end();
});

await t.test("a hostile INFO is rejected in bounded time", (t) => {
  for (const filler of ["\n", " ", "\r\n", "Signal=", "Signal", "\t=", "5", ";", '"', "Signal =\t"]) {
    for (const length of [500, 200_000]) {
      const body = filler.repeat(Math.ceil(length / filler.length)).slice(0, length);
      for (const contentType of [relay, "application/dtmf", body]) {
        const begun = performance.now();
        t.not(readDtmfInfo(contentType, body).kind, "key");
        t.ok(performance.now() - begun < 1_000);
      }
    }
  }
  t.end();
});
