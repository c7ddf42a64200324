import t from "tap";

import { splitArguments } from "../../../src/simulators/freeswitch/arguments.js";
import { PcmSource, SequenceSource, SilenceSource } from "../../../src/simulators/freeswitch/audio-source.js";
import { CommandReader } from "../../../src/simulators/freeswitch/command-reader.js";
import { parseDialString } from "../../../src/simulators/freeswitch/dial-string.js";
import { FsEvent, percentEncode } from "../../../src/simulators/freeswitch/event.js";
import {
  causeOfReason,
  causeOfSipStatus,
  parseCause,
  reasonHeader,
} from "../../../src/simulators/freeswitch/hangup-cause.js";
import { parseSecurity } from "../../../src/simulators/freeswitch/leg-policy.js";
import { SoundLibrary } from "../../../src/simulators/freeswitch/sound-library.js";
import { renderToneScript } from "../../../src/simulators/freeswitch/tone-script.js";
import { ToneGenerator, toneShare } from "../../../src/softphone/rtp/tone.js";
import { writeWav } from "../../../src/softphone/rtp/wav.js";

await t.test("causes, as mod_sofia maps them", (t) => {
  const table: [number, string][] = [
    [404, "UNALLOCATED_NUMBER"],
    [486, "USER_BUSY"],
    [480, "NO_USER_RESPONSE"],
    [488, "INCOMPATIBLE_DESTINATION"],
    [503, "NORMAL_TEMPORARY_FAILURE"],
    [408, "RECOVERY_ON_TIMER_EXPIRE"],
    [603, "CALL_REJECTED"],
    [403, "CALL_REJECTED"],
    [487, "ORIGINATOR_CANCEL"],
    [604, "NO_ROUTE_DESTINATION"],
    [699, "NORMAL_UNSPECIFIED"],
  ];
  for (const [status, cause] of table) t.equal(causeOfSipStatus(status), cause, String(status));
  t.equal(causeOfReason('Q.850;cause=17;text="USER_BUSY"'), "USER_BUSY");
  t.equal(causeOfReason("SIP;cause=200, Q.850;text=x;cause=3"), "NO_ROUTE_DESTINATION");
  t.equal(causeOfReason('SIP;cause=804;text="MEDIA_TIMEOUT"'), undefined);
  t.equal(causeOfReason(undefined), undefined);
  t.equal(parseCause("user_busy"), "USER_BUSY");
  t.equal(parseCause("17"), "USER_BUSY");
  t.equal(parseCause("__proto__"), "NORMAL_CLEARING");
  t.equal(reasonHeader("NORMAL_CLEARING"), 'Q.850;cause=16;text="NORMAL_CLEARING"');
  t.equal(reasonHeader("MEDIA_TIMEOUT"), 'SIP;cause=804;text="MEDIA_TIMEOUT"');
  t.end();
});

await t.test("arguments are split as FreeSWITCH splits them", (t) => {
  t.same(splitArguments("a b  c", " ", 9), ["a", "b", "c"]);
  t.same(splitArguments("a 'b c' d", " ", 9), ["a", "b c", "d"]);
  t.same(splitArguments("a b c d", " ", 2), ["a", "b c d"]);
  t.same(splitArguments("x='a,b',y=c\\,d", ",", 9), ["x=a,b", "y=c,d"]);
  t.same(splitArguments("it's fine", " ", 9), ["it's", "fine"], "a single quote is a letter");
  t.end();
});

await t.test("dial strings", async (t) => {
  await t.test("einwahl's dial string", (t) => {
    const parsed = parseDialString(
      "{origination_uuid=u,origination_caller_id_name='1234',sip_from_display='a, b',absolute_codec_string=^^:PCMA:PCMU,rtp_secure_media_outbound=mandatory:AEAD_AES_256_GCM}sofia/bbb/04711@node.example:5081;transport=tls",
    );
    t.match(parsed, {
      ok: true,
      value: {
        profile: "bbb",
        user: "04711",
        host: "node.example",
        port: 5081,
        transport: "tls",
        destination: "04711@node.example:5081",
      },
    });
    t.same(parsed.ok ? Object.fromEntries(parsed.value.variables) : {}, {
      origination_uuid: "u",
      origination_caller_id_name: "1234",
      sip_from_display: "a, b",
      absolute_codec_string: "^^:PCMA:PCMU",
      rtp_secure_media_outbound: "mandatory:AEAD_AES_256_GCM",
    });
    t.end();
  });
  const table: [string, object][] = [
    ["[a=1]sofia/p/1@h", { ok: true, value: { transport: "udp", port: undefined } }],
    ["{a=1}[a=2]sofia/p/1@[::1]:5060;transport=tcp", { ok: true, value: { host: "::1", transport: "tcp" } }],
    ["{^^:a=1,2:b=3}sofia/p/1@h", { ok: true }],
    ["sofia/p/1@h,sofia/p/2@h", { ok: false, failure: "severalLegs" }],
    ["sofia/p/1@h|sofia/p/2@h", { ok: false, failure: "severalLegs" }],
    ["loopback/1", { ok: false, failure: "endpoint" }],
    ["sofia/p/1", { ok: false, failure: "malformed" }],
    ["{a=1sofia/p/1@h", { ok: false, failure: "malformed" }],
    ["sofia/p/1@h;transport=ws", { ok: false, failure: "transport" }],
    ["sofia/p/1@h\r\nX: y", { ok: false }],
    ["{".repeat(1000), { ok: false, failure: "malformed" }],
    ["", { ok: false }],
  ];
  await t.test("table", (t) => {
    for (const [text, expected] of table) t.match(parseDialString(text), expected, text.slice(0, 60));
    t.end();
  });
});

await t.test("security of a leg", (t) => {
  t.match(parseSecurity("mandatory:AEAD_AES_128_GCM:unknown:AES_CM_128_HMAC_SHA1_80", undefined, "none"), {
    srtp: "mandatory",
    suites: ["AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"],
  });
  t.match(parseSecurity("mandatory", "AES_CM_128_HMAC_SHA1_32", "none"), {
    srtp: "mandatory",
    suites: ["AES_CM_128_HMAC_SHA1_32"],
  });
  t.match(parseSecurity("true", undefined, "none"), { srtp: "mandatory" });
  t.match(parseSecurity("optional", undefined, "none"), { srtp: "optional" });
  t.match(parseSecurity("false", undefined, "optional"), { srtp: "none" });
  t.match(parseSecurity(undefined, undefined, "optional"), { srtp: "optional" });
  t.end();
});

await t.test("commands from a stream", (t) => {
  const reader = new CommandReader();
  const read = (text: string): unknown => {
    const result = reader.push(Buffer.from(text));
    return result.ok
      ? result.value.map(({ line, headers, body }) => [line, Object.fromEntries(headers), body])
      : result.failure;
  };
  t.same(read("sendmsg x\ncall-command: execute\nContent-"), []);
  t.same(read("Length: 5\n\nhel"), []);
  t.same(read("lo\napi a\r\n\r\n"), [
    ["sendmsg x", { "call-command": "execute", "content-length": "5" }, "hello"],
    ["api a", {}, ""],
  ]);
  t.same(read("a\nX: 1\nx: 2\n\n"), [["a", { x: "1" }, ""]], "the first of two");
  t.equal(read("y".repeat(70_000)), "tooLong");
  t.end();
});

await t.test("events", (t) => {
  t.equal(percentEncode("a b:ü\n/,.%"), "a%20b%3A%C3%BC%0A/,.%25");
  const event = new FsEvent(
    "X",
    [
      ["Event-Name", "X"],
      ["Empty", ""],
      ["Sdp", "v=0\r\n"],
    ],
    "körper",
  );
  t.equal(event.plain, "Event-Name: X\nEmpty: _undef_\nSdp: v%3D0%0D%0A\nContent-Length: 7\n\nkörper");
  t.same(JSON.parse(event.json), {
    "Event-Name": "X",
    Empty: "",
    Sdp: "v=0\r\n",
    "Content-Length": "7",
    _body: "körper",
  });
  t.equal(event.header("event-NAME"), "X");
  t.end();
});

await t.test("tones", (t) => {
  const tone = renderToneScript("v=-10;%(100,50,440)");
  t.equal(tone?.length, 1200);
  t.ok(toneShare(tone?.subarray(0, 160) ?? new Int16Array(0), 440) > 0.95);
  t.same([...(tone?.subarray(800) ?? [])], new Array(400).fill(0), "the pause");
  t.equal(renderToneScript("L=2;%(20,0,350,440)")?.length, 320);
  t.equal(renderToneScript("l=3;%(20,0,440)%(20,0,440)")?.length, 640);
  for (const bad of ["%(100,50)", "nonsense", "%(1,2,9999)", "L=1000;%(100000,0,440)", "%(100,50,440"])
    t.equal(renderToneScript(bad), undefined, bad);
  t.end();
});

await t.test("audio sources", (t) => {
  const drain = (source: { next(): Int16Array | undefined }): number => {
    let frames = 0;
    for (let frame = source.next(); frame !== undefined && frames < 1000; frame = source.next()) {
      t.equal(frame.length, 160);
      frames += 1;
    }
    return frames;
  };
  t.equal(drain(new PcmSource(new Int16Array(400))), 3);
  t.equal(drain(new PcmSource(new Int16Array(320), 2)), 4);
  t.equal(drain(new PcmSource(new Int16Array(0), Infinity)), 0, "nothing, for ever, is nothing");
  t.equal(drain(new PcmSource(new Int16Array(320), Infinity)), 1000);
  t.equal(drain(new SilenceSource(50)), 3);
  const sequence = new SequenceSource([() => new SilenceSource(40), () => undefined, () => new SilenceSource(20)]);
  t.equal(drain(sequence), 3);
  t.equal(sequence.played, 480);
  t.end();
});

await t.test("playback arguments", (t) => {
  const dir = t.testdir({
    "a.wav": writeWav(new ToneGenerator(440).next(320)),
    "x.wav": "no sound",
    music: { "moh.wav": writeWav(new Int16Array(160)) },
  });
  const refused: string[] = [];
  const library = new SoundLibrary({ soundsDir: dir, unsupported: (what) => refused.push(what) });
  const frames = (name: string, prefix?: string): number => {
    const source = library.open(name, prefix);
    if (source === undefined) return -1;
    let count = 0;
    while (count < 100 && source.next() !== undefined) count += 1;
    return count;
  };
  t.equal(frames("a.wav"), 2, "relative");
  t.equal(frames(`${dir}/a.wav`), 2, "absolute");
  t.equal(frames("a.wav", "/nowhere"), -1, "sound_prefix counts");
  t.equal(frames("missing.wav"), -1);
  t.equal(frames("silence_stream://60"), 3);
  t.equal(frames("silence_stream://-1"), 100, "without end");
  t.equal(frames("silence_stream://60,1400"), 3);
  t.equal(frames("tone_stream://%(40,0,440);loops=2"), 4);
  t.equal(frames("tone_stream://%(40,0,440);loops=-1"), 100);
  t.equal(frames("file_string://a.wav!silence_stream://20!missing.wav!a.wav"), 5, "a missing part is left out");
  t.equal(frames("file_string://missing.wav!gone.wav"), -1);
  t.equal(frames("{a=+OK\n}{b=2}file_string://a.wav!a.wav"), 4, "parameters of the file");
  t.equal(frames("local_stream://moh"), 100, "a recording, over and over");
  t.equal(frames("local_stream://other"), 100, "generated music");
  t.same(refused, []);
  t.equal(frames("x.wav"), -1);
  t.equal(frames("http://example.org/a.wav"), -1);
  t.equal(frames("tone_stream://nonsense"), -1);
  t.same(refused, ["a sound file that is not an 8 kHz mono WAV (notWav)", "audio from http://", "this tone_stream"]);
  t.end();
});
