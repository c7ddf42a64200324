import t from "tap";

import { withPublicAddress } from "../../src/media/public-address.js";

const sdp = [
  "v=0",
  "o=FreeSWITCH 1700000000 1700000001 IN IP4 10.0.0.5",
  "s=FreeSWITCH",
  "c=IN IP4 10.0.0.5",
  "t=0 0",
  "m=audio 20000 RTP/SAVP 8 101",
  "c=IN IP4 10.0.0.5",
  "a=candidate:1 1 UDP 1 10.0.0.5 20000 typ host",
  "",
].join("\r\n");

await t.test("callers are told the public address, for the session and for each line", (t) => {
  const told = withPublicAddress(sdp, "203.0.113.10");
  t.equal(told, sdp.replaceAll(/IN IP4 10\.0\.0\.5/g, "IN IP4 203.0.113.10"));
  t.match(withPublicAddress(sdp, "2001:db8::5"), /^c=IN IP6 2001:db8::5\r$/m);
  t.end();
});

await t.test("without one nothing changes, and a line on hold stays on hold", (t) => {
  t.equal(withPublicAddress(sdp, undefined), sdp);
  const held = sdp.replace(/^c=.*$/m, "c=IN IP4 0.0.0.0\r");
  t.match(withPublicAddress(held, "203.0.113.10"), /^c=IN IP4 0\.0\.0\.0\r$/m);
  t.end();
});
