import t from "tap";

import { isSameTransport, suiteIn, withPublicAddress } from "../../src/media/sdp.js";

const key = "a=crypto:1 AEAD_AES_256_GCM inline:c2VjcmV0";

await t.test("the suite in an answer", (t) => {
  const rows: readonly (readonly [what: string, lines: readonly string[], suite: string | undefined])[] = [
    ["SAVP with a key", ["m=audio 20000 RTP/SAVP 8 101", "a=rtpmap:8 PCMA/8000", key], "AEAD_AES_256_GCM"],
    ["SAVPF with a key", ["m=audio 20000 RTP/SAVPF 8", key], "AEAD_AES_256_GCM"],
    ["AVP without a key", ["m=audio 20000 RTP/AVP 8"], undefined],
    ["AVP with a key", ["m=audio 20000 RTP/AVP 8", key], undefined],
    ["SAVP without a key", ["m=audio 20000 RTP/SAVP 8"], undefined],
    [
      "encrypted line refused, plain line accepted",
      ["m=audio 0 RTP/SAVP 8", key, "m=audio 20000 RTP/AVP 8"],
      undefined,
    ],
    [
      "plain line refused, encrypted line accepted",
      ["m=audio 0 RTP/AVP 8", "m=audio 20000 RTP/SAVP 8", key],
      "AEAD_AES_256_GCM",
    ],
    ["all lines refused", ["m=audio 0 RTP/SAVP 8", key], undefined],
    ["key in the video line only", ["m=audio 20000 RTP/SAVP 8", "m=video 0 RTP/SAVP 96", key], undefined],
    ["no media line", [], undefined],
  ];
  for (const [what, lines, suite] of rows) {
    for (const end of ["\r\n", "\n"])
      t.equal(suiteIn(["v=0", "s=-", ...lines, ""].join(end)), suite, `${what}: ${suite ?? "no suite"}`);
  }
  t.end();
});

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

await t.test("the public address replaces the session's and each line's address", (t) => {
  const told = withPublicAddress(sdp, "203.0.113.10");
  t.equal(told, sdp.replaceAll(/IN IP4 10\.0\.0\.5/g, "IN IP4 203.0.113.10"));
  t.match(withPublicAddress(sdp, "2001:db8::5"), /^c=IN IP6 2001:db8::5\r$/m);
  t.end();
});

await t.test("without a public address the SDP is unchanged, and a held line stays held", (t) => {
  t.equal(withPublicAddress(sdp, undefined), sdp);
  const held = sdp.replace(/^c=.*$/m, "c=IN IP4 0.0.0.0\r");
  t.match(withPublicAddress(held, "203.0.113.10"), /^c=IN IP4 0\.0\.0\.0\r$/m);
  t.end();
});

await t.test("the same transport: address, port and the key of the one suite that is left", (t) => {
  const sdp = (port: number, address: string, ...keys: readonly string[]): string =>
    [
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      `c=IN IP4 ${address}`,
      `m=audio ${port} RTP/SAVP 8`,
      ...keys.map((key, at) => `a=crypto:${at + 1} ${key}`),
      "",
    ].join("\r\n");
  const [first, second] = ["AES_CM_128_HMAC_SHA1_80 inline:first|2^31", "AEAD_AES_256_GCM inline:second"];
  const before = sdp(4000, "192.0.2.1", first, second);
  t.ok(isSameTransport(before, sdp(4000, "192.0.2.1", second)));
  t.ok(isSameTransport(sdp(4000, "192.0.2.1"), sdp(4000, "192.0.2.1")), "plain RTP");
  for (const now of [
    sdp(4002, "192.0.2.1", first),
    sdp(4000, "192.0.2.2", first),
    sdp(4000, "192.0.2.1", "AES_CM_128_HMAC_SHA1_80 inline:third"),
    sdp(4000, "192.0.2.1", "AEAD_AES_256_GCM inline:first"),
    sdp(4000, "192.0.2.1", first, second),
    sdp(4000, "192.0.2.1"),
    sdp(0, "192.0.2.1", first),
  ])
    t.notOk(isSameTransport(before, now), now);
  t.end();
});
