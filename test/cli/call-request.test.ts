import t from "tap";

import { type CallOptions, readCallRequest } from "../../src/cli/call/call-request.js";
import { chooseAddress } from "../../src/cli/call/own-server.js";
import type { ListenAddress } from "../../src/trunk/families.js";

const nothing: CallOptions = {
  pin: undefined,
  server: undefined,
  transport: undefined,
  ca: undefined,
  "server-name": undefined,
  insecure: false,
  from: undefined,
  srtp: undefined,
  codec: undefined,
  language: undefined,
  play: undefined,
  "expect-tone": undefined,
  record: undefined,
  seconds: undefined,
  prompts: undefined,
  json: false,
};

function read(positionals: readonly string[], options: Partial<CallOptions> = {}): ReturnType<typeof readCallRequest> {
  return readCallRequest(positionals, { ...nothing, ...options });
}

await t.test("destination, server and transport of a call", (t) => {
  for (const [called, options, target] of [
    [
      "+49 (30) 23125-001",
      {},
      { uri: "sip:+493023125001@127.0.0.1:5061;transport=tls", host: "127.0.0.1", port: 5061, transport: "tls" },
    ],
    [
      "100",
      { server: "phone.example.org" },
      { uri: "sip:100@phone.example.org:5061;transport=tls", host: "phone.example.org", port: 5061 },
    ],
    [
      "100",
      { server: "[::1]:5070", transport: "tcp" },
      { uri: "sip:100@[::1]:5070;transport=tcp", host: "::1", port: 5070, transport: "tcp" },
    ],
    ["100", { server: "::1" }, { host: "::1", port: 5061 }],
    ["sip:100@example.org", {}, { uri: "sip:100@example.org:5061;transport=tls", host: "example.org", port: 5061 }],
    [
      "sip:100@example.org;transport=UDP",
      {},
      { uri: "sip:100@example.org:5060;transport=udp", port: 5060, transport: "udp" },
    ],
    ["sips:100@example.org:5099", {}, { port: 5099, transport: "tls" }],
    [
      "sip:100@example.org",
      { server: "10.0.0.1:5071" },
      { uri: "sip:100@example.org:5061;transport=tls", host: "10.0.0.1", port: 5071 },
    ],
  ] as const) {
    t.match(read([called], options), { ok: true, value: { target } }, called);
  }
  t.end();
});

await t.test("the choice among drachtio's listen addresses", (t) => {
  const tls = (host: string): ListenAddress => ({ transport: "tls", host, port: 5061 });
  t.equal(chooseAddress([]), undefined);
  t.equal(chooseAddress([tls("192.0.2.7")])?.host, "192.0.2.7", "the only address, not loopback");
  t.equal(chooseAddress([tls("192.0.2.7"), tls("127.0.0.1")])?.host, "127.0.0.1", "loopback has priority");
  t.equal(
    chooseAddress([tls("::1"), tls("2001:db8::7"), tls("192.0.2.7")])?.host,
    "192.0.2.7",
    "IPv4, because the test phone has no IPv6",
  );
  t.end();
});

await t.test("options and their defaults", (t) => {
  t.match(read(["100"]), {
    ok: true,
    value: {
      pin: undefined,
      suites: { length: 4 },
      codecs: ["PCMA", "PCMU"],
      stayMs: 10_000,
      play: undefined,
      tls: { verify: true },
    },
  });
  t.match(
    read(["100"], {
      pin: "012 345-678",
      srtp: "aes_cm_128_hmac_sha1_32",
      codec: "pcmu",
      language: "en",
      play: "tone",
      "expect-tone": "620",
      seconds: "1.5",
      insecure: true,
    }),
    {
      ok: true,
      value: {
        pin: "012345678",
        suites: ["AES_CM_128_HMAC_SHA1_32"],
        codecs: ["PCMU"],
        language: "en",
        play: { hz: 1_000 },
        expectTone: 620,
        stayMs: 1_500,
        tls: { verify: false },
      },
    },
  );
  t.match(read(["100"], { play: "tone:440", srtp: "off" }), {
    ok: true,
    value: { play: { hz: 440 }, suites: undefined },
  });
  t.match(read(["100"], { play: "music.wav" }), { ok: true, value: { play: { file: "music.wav" } } });
  t.end();
});

await t.test("invalid arguments are reported without their values", (t) => {
  for (const [positionals, options, complaint] of [
    [[], {}, /the destination is missing/],
    [["100", "200"], {}, /too many arguments/],
    [["sip:example.org"], {}, /not a SIP address/],
    [["10 0;x=y"], {}, /NUMBER/],
    [["sips:1@example.org"], { transport: "tcp" }, /sips: requires TLS/],
    [["100"], { server: "a b" }, /--server/],
    [["100"], { server: "host:0" }, /--server/],
    [["100"], { server: "host:65536" }, /--server/],
    [["100"], { transport: "ws" }, /tls, tcp, udp/],
    [["100"], { pin: "123456789012" }, /--pin must be 1 to 11 digits/],
    [["100"], { pin: "secret" }, /--pin/],
    [["100"], { pin: "12#3" }, /--pin/],
    [["100"], { srtp: "F8" }, /--srtp must be off or one of/],
    [["100"], { codec: "opus" }, /PCMA, PCMU/],
    [["100"], { language: "fr" }, /de, en/],
    [["100"], { play: "tone:9000" }, /300 to 3400/],
    [["100"], { "expect-tone": "1e3" }, /--expect-tone/],
    [["100"], { seconds: "-1" }, /--seconds/],
    [["100"], { from: "a b" }, /--from/],
  ] as const) {
    const result = read(positionals, options);
    t.ok(
      !result.ok && complaint.test(result.failure) && !/secret|12#3|123456789012/.test(result.failure),
      JSON.stringify([positionals, options, result]),
    );
  }
  t.end();
});
