import t from "tap";

import type { HeaderList } from "../../src/softphone/sip/index.js";
import { talk, Tones } from "./support/talk.js";
import { conferences, World } from "./support/world.js";

const caller = "+4915223125678";
const fingerprint = Array.from({ length: 32 }, (_, byte) =>
  (byte * 7 + 16).toString(16).toUpperCase().padStart(2, "0"),
).join(":");
const dtls = [
  "a=setup:actpass",
  `a=fingerprint:sha-256 ${fingerprint}`,
  "a=tls-id:0123456789abcdef0123456789abcdef",
  "a=connection:new",
];
const ice = [
  "a=ice-ufrag:Qw3r",
  "a=ice-pwd:madeUpPasswordOfTwentyTwo",
  "a=candidate:1 1 UDP 2130706431 fd00::20 40000 typ host",
  "a=candidate:2 1 UDP 2130706175 10.99.0.20 40000 typ host",
  "a=end-of-candidates",
  "a=rtcp-mux",
];
const key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw";
const video = ["m=video 40010 RTP/SAVP 96", "a=rtpmap:96 H264/90000", "a=fmtp:96 profile-level-id=42801F", key];
const fax = ["m=image 40020 udptl t38", "a=T38FaxVersion:0", "a=T38FaxUdpEC:t38UDPRedundancy"];
const plainAudio = ["m=audio 40030 RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000"];
const secureAudio = ["m=audio 40040 RTP/SAVP 8 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", key];

type Rewrite = (sdp: string) => string;

function after(...lines: readonly string[]): Rewrite {
  return (sdp) => `${sdp}${lines.map((line) => `${line}\r\n`).join("")}`;
}

function before(...lines: readonly string[]): Rewrite {
  return (sdp) => sdp.replace(/^(?=m=audio)/m, lines.map((line) => `${line}\r\n`).join(""));
}

/** Sent by some gateways although RFC 4568 forbids it: more than one space between fields. */
function spread(sdp: string): string {
  return sdp.replace(/^m=audio (\d+) (\S+) /m, "m=audio  $1\t$2  ").replace(/^(a=crypto:\d+) (\S+) /gm, "$1  $2\t");
}

const multipart: HeaderList = [
  ["Content-Type", 'multipart/mixed;boundary="unique-limit-1"'],
  ["MIME-Version", "1.0"],
];

function inMultipart(isup: string): Rewrite {
  const parts = (sdp: string): string[] => [
    `Content-Type: application/sdp\r\nContent-Disposition: session;handling=required\r\n\r\n${sdp}`,
    `Content-Type: application/isup;version=itu-t92+;base=itu-t92+\r\nContent-Disposition: signal;handling=${isup}\r\n\r\nISUPBYTES`,
  ];
  return (sdp) =>
    `${parts(sdp)
      .map((part) => `--unique-limit-1\r\n${part}\r\n`)
      .join("")}--unique-limit-1--\r\n`;
}

await t.test("carriers' offers", { timeout: 400_000 }, async (t) => {
  const world = await World.start(t, { line: "straight" });
  const phone = await world.phone();

  const offers: readonly {
    readonly name: string;
    readonly rewrite: Rewrite;
    readonly answered: readonly string[];
    readonly headers?: HeaderList;
  }[] = [
    { name: "SDES beside DTLS", rewrite: after(...dtls), answered: ["audio"] },
    {
      name: "SDES beside DTLS at session level",
      rewrite: (sdp) => sdp.replace(/^(t=.*\r\n)/m, `$1a=fingerprint:sha-256 ${fingerprint}\r\na=setup:actpass\r\n`),
      answered: ["audio"],
    },
    { name: "SDES beside ICE and rtcp-mux", rewrite: after(...ice), answered: ["audio"] },
    { name: "an encrypted line before a plain one", rewrite: after(...plainAudio), answered: ["audio", "audio 0"] },
    { name: "a plain line before an encrypted one", rewrite: before(...plainAudio), answered: ["audio 0", "audio"] },
    { name: "two encrypted lines", rewrite: after(...secureAudio), answered: ["audio", "audio 0"] },
    { name: "video before audio", rewrite: before(...video), answered: ["video 0", "audio"] },
    { name: "video and fax after audio", rewrite: after(...video, ...fax), answered: ["audio", "video 0", "image 0"] },
    { name: "fax before audio", rewrite: before(...fax), answered: ["image 0", "audio"] },
    {
      name: "percent-encoded bytes that are not UTF-8",
      rewrite: (sdp) =>
        after("a=X-note:100%E4")(
          sdp.replace(/^o=\S+/m, "o=Anschlu%DF").replace(/^s=.*/m, "s=Gespr%E4ch %FF\r\ni=50%C3 mehr"),
        ),
      answered: ["audio"],
    },
    { name: "more than one space between fields", rewrite: spread, answered: ["audio"] },
    { name: "multipart body with ISUP", rewrite: inMultipart("optional"), headers: multipart, answered: ["audio"] },
  ];
  for (const { name, rewrite, answered, headers = [] } of offers) {
    await t.test(`${name}: answered with ${answered.join(", ")}`, async (t) => {
      const there = await talk(world, phone, {
        number: caller,
        suites: ["AES_CM_128_HMAC_SHA1_80"],
        rewriteOffer: rewrite,
        headers,
      });
      const { call } = there;
      const lines = (): string[] =>
        (call.remoteSdp.match(/^m=\S+ \d+/gm) ?? []).map((line) => line.slice(2).replace(/ [1-9]\d*$/, ""));
      t.strictSame(lines(), answered, "the answer has a line for each");
      t.equal(call.suite, "AES_CM_128_HMAC_SHA1_80");
      t.match(there.member, { name: "5678" }, "the label");
      const tones = new Tones(world, there);
      await tones.bothWays(t, "at first");
      t.match(await call.renegotiate("sendrecv", headers), { ok: true }, "new keys in a re-INVITE of the same form");
      t.strictSame(lines(), answered, "and its answer has a line for each");
      await tones.bothWays(t, "after the re-INVITE");
      const report = world.reports.next("the call's report", () => true);
      await call.hangUp();
      t.match(await report, { cause: "caller-hung-up", srtp: { trunk: "AES_CM_128_HMAC_SHA1_80" } });
    });
  }

  await t.test("the audio is turned off with port 0, and on again", async (t) => {
    const there = await talk(world, phone, { number: caller });
    const { call } = there;
    const tones = new Tones(world, there);
    await tones.bothWays(t, "at first");
    const off = await call.dialog?.reinvite(call.localSdp.replace(/^m=audio \d+/m, "m=audio 0"));
    t.match(off, { ok: true, value: { status: 200, body: /^m=audio 0 RTP\/SAVP /m } });
    t.match(await call.renegotiate("sendrecv"), { ok: true }, "on again");
    await tones.bothWays(t, "afterwards");
    await call.hangUp();
  });

  await t.test("an unknown mandatory body part: 415", async (t) => {
    const refused = await phone.dial({
      uri: world.sipUri(),
      number: caller,
      rewriteOffer: inMultipart("required"),
      headers: multipart,
    });
    const answered = await refused.answered;
    t.match(answered, { ok: false, failure: { status: 415 } });
    t.ok(
      !answered.ok &&
        answered.failure.headers.some(
          ([name, value]) => name.toLowerCase() === "accept" && value.includes("application/sdp"),
        ),
      "and what is",
    );
    const isup = await phone.dial({
      uri: world.sipUri(),
      number: caller,
      rewriteOffer: () => "ISUPBYTES",
      headers: [["Content-Type", "application/isup"]],
    });
    t.match(await isup.answered, { ok: false, failure: { status: 415 } }, "also alone");
    const { call } = await talk(world, phone, { number: caller });
    t.match(
      await call.dialog?.reinvite(inMultipart("required")(call.localSdp), multipart),
      { ok: false, failure: { status: 415 } },
      "also in a re-INVITE",
    );
    await call.hangUp();
  });

  t.strictSame(world.complaints([caller.slice(3), conferences[1].pin]), [], "no bug and no number in the log");
});
