import t from "tap";

import { completeAnswer, readNewOffer, readOffer } from "../../src/sip/offer.js";

const key80 = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const key32 = "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj";
const keyGcm = `a=crypto:3 AEAD_AES_256_GCM inline:${"MTIz".repeat(14)}MTI=`;
const keyGcm8 = "a=crypto:4 AEAD_AES_256_GCM_8 inline:c2VjcmV0";
const keyF8 = "a=crypto:5 F8_128_HMAC_SHA1_80 inline:c2VjcmV0";
const keyNull = "a=crypto:6 NULL_HMAC_SHA1_80 inline:c2VjcmV0";
const fingerprint =
  "a=fingerprint:sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1";

const session = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"];

function audio(profile: string, port: number, ...attributes: readonly string[]): string[] {
  return [
    `m=audio ${port} ${profile} 8 0 101`,
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:101 telephone-event/8000",
    ...attributes,
  ];
}

function sdp(...sections: readonly (readonly string[])[]): string {
  return `${[...session, ...sections.flat()].join("\r\n")}\r\n`;
}

function mediaLines(text: string): string[] {
  return text.split("\r\n").filter((line) => line.startsWith("m="));
}

await t.test("one audio line: its kind, and the SDP for the media server", (t) => {
  const rows: readonly {
    readonly what: string;
    readonly section: readonly string[];
    readonly kind: "sdes" | "plain" | "unusable";
    readonly keys?: readonly string[];
  }[] = [
    { what: "SAVP with a key", section: audio("RTP/SAVP", 40_000, key80), kind: "sdes", keys: [key80] },
    { what: "SAVPF with a key", section: audio("RTP/SAVPF", 40_000, key80), kind: "sdes", keys: [key80] },
    {
      what: "SAVP and suite in lower case",
      section: audio("rtp/savp", 40_000, key80.toLowerCase()),
      kind: "sdes",
      keys: [key80.toLowerCase().replace("aes_cm_128_hmac_sha1_80", "AES_CM_128_HMAC_SHA1_80")],
    },
    { what: "AVP with a key", section: audio("RTP/AVP", 40_000, key32), kind: "sdes", keys: [key32] },
    { what: "AVP without a key", section: audio("RTP/AVP", 40_000), kind: "plain", keys: [] },
    {
      what: "several suites",
      section: audio("RTP/SAVP", 40_000, key80, key32, keyGcm),
      kind: "sdes",
      keys: [key80, key32, keyGcm],
    },
    {
      what: "a known suite among unknown ones",
      section: audio("RTP/SAVP", 40_000, keyGcm8, keyF8, key32, keyNull),
      kind: "sdes",
      keys: [key32],
    },
    {
      what: "SAVP with unknown suites only",
      section: audio("RTP/SAVP", 40_000, keyGcm8, keyF8, keyNull),
      kind: "unusable",
    },
    { what: "AVP with unknown suites only", section: audio("RTP/AVP", 40_000, keyF8), kind: "plain", keys: [] },
    { what: "SAVP without a key", section: audio("RTP/SAVP", 40_000), kind: "unusable" },
    {
      what: "a key without a tag",
      section: audio("RTP/SAVP", 40_000, "a=crypto:AES_CM_128_HMAC_SHA1_80 inline:x"),
      kind: "unusable",
    },
    {
      what: "a key by URI instead of inline",
      section: audio("RTP/SAVP", 40_000, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 uri:https://x"),
      kind: "unusable",
    },
    { what: "DTLS profile", section: audio("UDP/TLS/RTP/SAVPF", 40_000, fingerprint), kind: "unusable" },
    { what: "DTLS in SAVP", section: audio("RTP/SAVP", 40_000, fingerprint), kind: "unusable" },
    { what: "TCP profile", section: audio("TCP/RTP/AVP", 40_000), kind: "unusable" },
    { what: "port 0", section: audio("RTP/SAVP", 0, key80), kind: "unusable" },
    { what: "fax line only", section: ["m=image 40000 udptl t38"], kind: "unusable" },
    { what: "no media line", section: [], kind: "unusable" },
  ];
  for (const { what, section, kind, keys } of rows) {
    const offer = readOffer(sdp(section));
    t.equal(offer.kind, kind, `${what}: ${kind}`);
    if (kind === "unusable") {
      t.equal(offer.forMediaServer, "", what);
      continue;
    }
    t.strictSame(mediaLines(offer.forMediaServer), ["m=audio 40000 RTP/AVP 8 0 101"], what);
    t.strictSame(
      offer.forMediaServer.split("\r\n").filter((line) => line.startsWith("a=crypto")),
      keys,
      what,
    );
    t.equal(offer.media[offer.chosen]?.profile, section[0]?.split(" ")[2], what);
  }
  t.end();
});

await t.test("the media server gets one line with only the required attributes", (t) => {
  const text = sdp(
    ["m=video 40004 RTP/SAVP 96", key32],
    audio(
      "RTP/SAVPF",
      40_000,
      `${key80} WSH=64`,
      fingerprint,
      "a=setup:actpass",
      "a=tls-id:1",
      "a=connection:new",
      "a=ice-ufrag:x",
      "a=ice-pwd:y",
      "a=candidate:1 1 UDP 1 192.0.2.1 40000 typ host",
    ),
    [
      "a=rtcp-mux",
      "a=rtcp:40001",
      "a=fmtp:101  0-15 ",
      "a=fmtp:8 x=%E4",
      "a=rtpmap:9 G722/8000",
      "a=rtpmap:0 PCMU%FF/8000",
      "a=X-note:100%E4",
      "a=ptime:20",
      "a=zrtp-hash:1.10 x",
      "a=sendonly",
    ],
  );
  const named = text
    .replace(/^o=.*/m, "o=Anschlu%DF 12345678901234567890123 7 IN IP4 192.0.2.1")
    .replace(/^s=.*/m, "s=Gespr%E4ch \uFFFD\r\ni=50%C3 mehr");
  t.strictSame(readOffer(named).forMediaServer.split("\r\n"), [
    "v=0",
    "o=- 678901234567890123 7 IN IP4 192.0.2.1",
    "s=-",
    "c=IN IP4 192.0.2.1",
    "t=0 0",
    "m=audio 40000 RTP/AVP 8 0 101",
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-15",
    "a=ptime:20",
    "a=sendonly",
    key80,
    "",
  ]);
  t.match(readNewOffer(named).forMediaServer, /^m=audio 40000 RTP\/SAVP 8 0 101\r$/m, "and of a re-INVITE as well");
  t.end();
});

await t.test("address and direction of the line override those of the session", (t) => {
  const rows: readonly (readonly [what: string, text: string, connection: string, direction: string])[] = [
    [
      "direction at session level",
      sdp(audio("RTP/AVP", 40_000)).replace("t=0 0", "t=0 0\r\na=recvonly"),
      "IN IP4 192.0.2.1",
      "recvonly",
    ],
    [
      "address and direction at line level",
      sdp(audio("RTP/AVP", 40_000, "c=IN IP6 2001:db8::1", "a=inactive")).replace("t=0 0", "t=0 0\r\na=recvonly"),
      "IN IP6 2001:db8::1",
      "inactive",
    ],
    ["no direction", sdp(audio("RTP/AVP", 40_000)), "IN IP4 192.0.2.1", "sendrecv"],
    [
      "hold as in RFC 2543, address 0.0.0.0",
      sdp(audio("RTP/AVP", 40_000, "c=IN IP4 0.0.0.0")),
      "IN IP4 0.0.0.0",
      "sendonly",
    ],
    [
      "host name as the address",
      sdp(audio("RTP/AVP", 40_000, "c=IN IP4 media.example.net")),
      "IN IP4 media.example.net",
      "sendrecv",
    ],
    ["multicast address", sdp(audio("RTP/AVP", 40_000, "c=IN IP4 233.252.0.1/127")), "IN IP4 233.252.0.1", "sendrecv"],
  ];
  for (const [what, text, connection, direction] of rows)
    t.match(
      readOffer(text).forMediaServer.split("\r\n"),
      { 3: `c=${connection}`, 8: `a=${direction}` },
      `${what}: ${direction}`,
    );
  t.equal(readOffer(sdp(audio("RTP/AVP", 40_000)).replace(/^c=.*\r\n/m, "")).kind, "unusable", "without an address");
  t.equal(
    readOffer(sdp(audio("RTP/AVP", 40_000)).replace(/^c=.*/m, "c=IN IP4 a%E4")).kind,
    "unusable",
    "with an invalid address",
  );
  t.end();
});

await t.test("more than one space, or a tab, between fields", (t) => {
  const spread = sdp(audio("RTP/SAVP", 40_000, key80))
    .replace("m=audio 40000 RTP/SAVP 8", "m=audio\t40000  RTP/SAVP   8")
    .replace(key80, key80.replaceAll(" ", " \t"));
  t.equal(readOffer(spread).forMediaServer, readOffer(sdp(audio("RTP/SAVP", 40_000, key80))).forMediaServer);
  t.end();
});

await t.test("disabled audio", (t) => {
  for (const [sections, isSwitchedOff] of [
    [[audio("RTP/SAVP", 0, key80)], true],
    [[audio("RTP/SAVP", 0, key80), audio("RTP/AVP", 0)], true],
    [[audio("RTP/SAVP", 0), ["m=video 40004 RTP/SAVP 96", key32]], true],
    [[audio("RTP/SAVP", 0, key80), audio("RTP/AVP", 40_000)], false],
    [[audio("RTP/SAVP", 40_000)], false],
    [[["m=image 40000 udptl t38"]], false],
    [[], false],
  ] as const) {
    t.equal(
      readNewOffer(sdp(...sections)).isSwitchedOff,
      isSwitchedOff,
      JSON.stringify(sections.map(([line]) => line)),
    );
  }
  t.equal(
    readOffer(sdp(audio("RTP/SAVP", 40_000, key80, "a=sendrecv"))).onHold,
    readNewOffer(sdp(audio("RTP/SAVP", 40_000, key80, "a=inactive"))).forMediaServer,
  );
  t.end();
});

await t.test("lines that may identify the caller are dropped", (t) => {
  const named = sdp(
    ["i=+4915223125678", "e=a@b.example (+4915223125678)", "p=+49 1522 3125678", "u=https://x.example/15223125678"],
    audio("RTP/SAVP", 40_000, key80),
  )
    .replace("o=- 1 1", "o=+4915223125678 1 1")
    .replace("s=-", "s=+4915223125678");
  const plain = sdp(audio("RTP/SAVP", 40_000, key80));
  t.equal(readOffer(named).forMediaServer, readOffer(plain).forMediaServer);
  t.equal(readNewOffer(named).forMediaServer, readNewOffer(plain).forMediaServer);
  t.notMatch(
    JSON.stringify([readOffer(named), readNewOffer(named)]),
    /15223125678|1522 3125678/,
    "nor does anything else that is kept",
  );
  t.end();
});

await t.test("no offer", (t) => {
  for (const text of ["", "\r\n", " \n\t"]) t.match(readOffer(text), { kind: "none", forMediaServer: "", media: [] });
  t.end();
});

await t.test("an encrypted and a plain line, in both orders: the encrypted one, and the other is refused", (t) => {
  const secure = audio("RTP/SAVP", 40_000, key80);
  const plain = audio("RTP/AVP", 40_000);
  t.match(readOffer(sdp(secure, plain)), { kind: "sdes", chosen: 0 });
  t.match(readOffer(sdp(plain, secure)), { kind: "sdes", chosen: 1 });
  t.match(readOffer(sdp(secure, secure)), { kind: "sdes", chosen: 0 }, "of two encrypted ones the first");
  t.end();
});

await t.test("an unusable line does not affect a usable one", (t) => {
  const dtls = audio("UDP/TLS/RTP/SAVPF", 40_002, fingerprint);
  t.match(readOffer(sdp(dtls, audio("RTP/SAVP", 40_000, key80))), { kind: "sdes", chosen: 1 });
  t.equal(readOffer(sdp(audio("RTP/SAVP", 40_000, keyF8), audio("RTP/AVP", 40_000))).kind, "plain");
  t.equal(readOffer(sdp(audio("RTP/SAVP", 0, key80), audio("RTP/AVP", 40_000))).kind, "plain");
  t.end();
});

await t.test("keys apply to their own line only", (t) => {
  const video = ["m=video 40004 RTP/SAVP 96", "a=rtpmap:96 H264/90000", key80];
  t.equal(readOffer(sdp(audio("RTP/SAVP", 40_000), video)).kind, "unusable");
  t.equal(readOffer(sdp(video, audio("RTP/AVP", 40_000))).kind, "plain");
  t.equal(readOffer(`${key80}\r\n${sdp(audio("RTP/SAVP", 40_000))}`).kind, "unusable");
  t.end();
});

await t.test("bare line feeds, empty lines, a missing final line end", (t) => {
  const whole = sdp(audio("RTP/SAVP", 40_000, key80));
  t.equal(readOffer(whole.replaceAll("\r\n", "\n")).forMediaServer, readOffer(whole).forMediaServer);
  t.equal(readOffer(whole.replaceAll("\r\n", "\r\n\r\n")).forMediaServer, readOffer(whole).forMediaServer);
  t.equal(readOffer(whole.trimEnd()).forMediaServer, readOffer(whole).forMediaServer);
  t.end();
});

await t.test("an offer in a re-INVITE keeps RTP/SAVP, and plain RTP stays plain", (t) => {
  t.strictSame(mediaLines(readNewOffer(sdp(audio("RTP/AVP", 40_000, key80))).forMediaServer), [
    "m=audio 40000 RTP/SAVP 8 0 101",
  ]);
  t.strictSame(mediaLines(readNewOffer(sdp(audio("RTP/SAVPF", 40_000, key80))).forMediaServer), [
    "m=audio 40000 RTP/SAVP 8 0 101",
  ]);
  t.strictSame(mediaLines(readNewOffer(sdp(audio("RTP/AVP", 40_000))).forMediaServer), [
    "m=audio 40000 RTP/AVP 8 0 101",
  ]);
  t.end();
});

await t.test("the answer has the profile of the offer", (t) => {
  const answer = sdp(audio("RTP/SAVP", 20_000, key80));
  for (const profile of ["RTP/SAVP", "RTP/SAVPF", "RTP/AVP"]) {
    t.strictSame(
      mediaLines(completeAnswer(readOffer(sdp(audio(profile, 40_000, key80))), answer)),
      [`m=audio 20000 ${profile} 8 0 101`],
      profile,
    );
  }
  const plain = sdp(audio("RTP/AVP", 20_000));
  t.equal(completeAnswer(readOffer(sdp(audio("RTP/AVP", 40_000))), plain), plain);
  t.equal(completeAnswer(readOffer(""), answer), answer, "where there was no offer");
  t.end();
});

await t.test("the answer mirrors the offer's lines in order (RFC 3264 section 6)", (t) => {
  const secure = audio("RTP/SAVP", 40_000, key80);
  const plain = audio("RTP/AVP", 40_000);
  const video = ["m=video 40004/2 RTP/SAVP 96 97", key32];
  const fax = ["m=image 40006 udptl t38"];
  const slides = ["m=application 9 UDP/BFCP *"];
  const own = "m=audio 20000 RTP/SAVP 8 0 101";
  const rows: readonly (readonly [sections: readonly (readonly string[])[], lines: readonly string[]])[] = [
    [
      [secure, plain],
      [own, "m=audio 0 RTP/AVP 8 0 101"],
    ],
    [
      [plain, secure],
      ["m=audio 0 RTP/AVP 8 0 101", own],
    ],
    [
      [secure, secure],
      [own, "m=audio 0 RTP/SAVP 8 0 101"],
    ],
    [
      [video, secure],
      ["m=video 0 RTP/SAVP 96 97", own],
    ],
    [
      [fax, secure, slides],
      ["m=image 0 udptl t38", own, "m=application 0 UDP/BFCP *"],
    ],
    [
      [audio("RTP/SAVP", 0), video],
      ["m=audio 0 RTP/SAVP 8 0 101", "m=video 0 RTP/SAVP 96 97"],
    ],
  ];
  const answer = sdp(audio("RTP/SAVP", 20_000, key80));
  for (const [sections, lines] of rows) {
    const complete = completeAnswer(readOffer(sdp(...sections)), answer);
    t.strictSame(mediaLines(complete), lines);
    t.equal(complete.startsWith(session.join("\r\n")), true, "with the media server's session");
    const key = complete.split(/^(?=m=)/m).filter((section) => section.includes(key80));
    t.strictSame(mediaLines(key.join("")), lines.includes(own) ? [own] : [], "and its key in the line that it takes");
  }
  t.end();
});

await t.test("hostile offers are rejected in bounded time", (t) => {
  const hostile = [
    "m=audio 1 RTP/AVP 8\r\n".repeat(50_000),
    "m=audio 1 RTP/SAVP 8\n".repeat(3_000),
    `m=audio 1 RTP/SAVP ${"8 ".repeat(500_000)}\r\n`,
    `m=audio ${" ".repeat(1_000_000)}`,
    `m=audio 1 ${"x".repeat(1_000_000)} 8`,
    "\n".repeat(1_000_000),
    "a=crypto:1 ".repeat(100_000),
    `m=audio 1 RTP/SAVP 8\r\n${"a=crypto:1 AES_CM_128_HMAC_SHA1_81 inline:x\r\n".repeat(25_000)}`,
    "\0".repeat(1_000_000),
    "m=audio",
    "m=audio -1 RTP/AVP 8\r\n",
    "m=audio 1RTP/AVP 8\r\n",
    "<html></html>",
  ];
  for (const [row, text] of hostile.entries()) {
    const begun = performance.now();
    t.match(readOffer(text).kind, /^(unusable|none)$/, `row ${row}`);
    t.ok(performance.now() - begun < 1_000, `row ${row} takes no second`);
  }
  t.end();
});
