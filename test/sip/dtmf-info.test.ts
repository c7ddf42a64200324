import t from "tap";
import { readDtmfInfo } from "../../src/sip/dtmf-info.js";

await t.test("the key in an INFO", (t) => {
  const rows: readonly (readonly [contentType: string, body: string, key: string | undefined])[] = [
    ["application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"],
    ["application/dtmf-relay", "Signal=5\nDuration=160", "5"],
    ["application/dtmf-relay", "Duration=160\r\nSignal= *\r\n", "*"],
    ["application/dtmf-relay", "signal = #", "#"],
    ["Application/DTMF-Relay; charset=utf-8", "Signal=0", "0"],
    ["application/dtmf-relay", "Signal=10", "*"],
    ["application/dtmf-relay", "Signal=11", "#"],
    ["application/dtmf-relay", "Signal=12", undefined],
    ["application/dtmf-relay", "Signal=A", undefined],
    ["application/dtmf-relay", "Signal=", undefined],
    ["application/dtmf-relay", "Signal=55", undefined],
    ["application/dtmf-relay", "Signal=5 5", undefined],
    ["application/dtmf-relay", "XSignal=5", undefined],
    ["application/dtmf-relay", "5", undefined],
    ["application/dtmf-relay", "", undefined],
    ["application/dtmf", "7", "7"],
    ["application/dtmf", " 7\r\n", "7"],
    ["application/dtmf", "10", "*"],
    ["application/dtmf", "Signal=7", undefined],
    ["application/dtmf", "٣", undefined],
    ["application/dtmf", "", undefined],
    ["text/plain", "7", undefined],
    ["application/sdp", "Signal=7", undefined],
    ["", "7", undefined],
  ];
  for (const [row, [contentType, body, key]] of rows.entries()) t.equal(readDtmfInfo(contentType, body), key, `row ${row}`);
  t.end();
});

await t.test("a hostile INFO is no key, at once", (t) => {
  for (const filler of ["\n", " ", "\r\n", "Signal=", "Signal", "\t=", "5"]) {
    const body = filler.repeat(200_000);
    for (const contentType of ["application/dtmf-relay", "application/dtmf", body]) {
      const begun = performance.now();
      t.equal(readDtmfInfo(contentType, body), undefined);
      t.ok(performance.now() - begun < 1_000);
    }
  }
  t.end();
});
