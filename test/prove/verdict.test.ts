import t from "tap";

import { bbbEvidence, callerEvidence, legsOf } from "../../src/prove/calls/encryption.js";
import { readingOfPlain, Wire } from "../../src/prove/calls/wire.js";
import { Mark } from "../../src/prove/mark.js";
import { type PlaceRecord, verdictOf } from "../../src/prove/report.js";
import { encodeG711 } from "../../src/softphone/rtp/g711.js";
import { ToneGenerator } from "../../src/softphone/rtp/tone.js";
import { seeded } from "../support/seeded.js";

const place: PlaceRecord = {
  id: "http",
  name: "HTTP",
  looks: 1,
  pieces: 1,
  bytes: 1,
  plants: [{ how: "x", outcome: "found", why: "", removed: "removed" }],
  hits: [],
  permitted: [],
  unseen: [],
};
const clean = {
  places: [place],
  evidence: [
    { leg: "caller", ok: true, what: "" },
    { leg: "bbb", ok: true, what: "" },
  ],
  calls: [{ title: "x", ok: true, what: "" }],
  faults: [],
} as const satisfies Parameters<typeof verdictOf>[0];

await t.test("clean: every place searched, nothing found, both legs encrypted", (t) => {
  t.equal(verdictOf(clean), "clean");
  const hit = { mark: new Mark("pin", "a PIN", "123456789"), form: "plain", source: "x", around: "", stage: "talking" };
  t.equal(
    verdictOf({ ...clean, places: [{ ...place, hits: [hit], unseen: ["half of it"] }] }),
    "found",
    "a hit has priority over an incomplete search",
  );
  t.equal(verdictOf({ ...clean, evidence: [...clean.evidence, { leg: "bbb", ok: false, what: "" }] }), "found");
  for (const [what, change] of [
    ["a place that could not be searched", { places: [{ ...place, unseen: ["it"] }] }],
    ["a place without a search", { places: [{ ...place, looks: 0 }] }],
    [
      "a planted mark that was not found",
      { places: [{ ...place, plants: [{ how: "x", outcome: "missing", why: "", removed: "stays" }] }] },
    ],
    [
      "a planted mark that was not removed",
      { places: [{ ...place, plants: [{ how: "x", outcome: "found", why: "", removed: "still-there" }] }] },
    ],
    ["a call with an unexpected end", { calls: [{ title: "x", ok: false, what: "" }] }],
    ["a leg without evidence", { evidence: clean.evidence.slice(0, 1) }],
    ["a fault during the test", { faults: ["x"] }],
  ] as const)
    t.equal(verdictOf({ ...clean, ...change }), "incomplete", `${what}: incomplete`);
  t.end();
});

await t.test("plain RTP packets are decoded, encrypted ones are not", (t) => {
  const random = seeded(3);
  const tone = new ToneGenerator(1_040, 0.2);
  const [plain, secret] = [new Wire(), new Wire()];
  for (let packet = 0; packet < 200; packet++) {
    plain.tap("out", Uint8Array.from([...new Uint8Array(12), ...encodeG711("PCMU", tone.next())]));
    secret.tap(
      "out",
      Uint8Array.from({ length: 188 }, () => random.below(256)),
    );
  }
  t.ok(plain.readAsPlain("out", 1_040, []).tone > 0.9);
  t.ok(secret.readAsPlain("out", 1_040, []).tone < 0.2);
  t.ok(readingOfPlain(1_040).tone > 0.9);
  const stats = { packetsIn: 100, rejected: 0 };
  const call = { suite: undefined, remoteSdp: "m=audio 4000 RTP/AVP 8\r\n", audio: { stats } } as unknown as Parameters<
    typeof callerEvidence
  >[0];
  t.strictSame(
    callerEvidence(call, plain.readAsPlain("out", 1_040, []), { packets: 100, tone: 0, prompts: 2 }).map(
      ({ ok }) => ok,
    ),
    [false, false, false, false],
    "a plain call fails every check",
  );
  t.end();
});

await t.test("FreeSWITCH's leg to BBB is found by its originator, and reported if unencrypted", (t) => {
  const caller = new Map([
    ["Call-Direction", "inbound"],
    ["Unique-ID", "a"],
    ["variable_remote_media_port", "4000"],
  ]);
  const leg = new Map([
    ["Call-Direction", "outbound"],
    ["variable_originator", "a"],
    ["variable_rtp_has_crypto", "AEAD_AES_256_GCM"],
    ["variable_sip_req_uri", "12345@bbb:5081;transport=tls"],
  ]);
  t.equal(legsOf([leg, caller], "4000")?.bbb, leg);
  t.equal(legsOf([leg, caller], "4001"), undefined);
  t.ok(bbbEvidence(leg).every(({ ok }) => ok));
  t.strictSame(
    bbbEvidence(new Map([["variable_sip_req_uri", "12345@bbb:5060;transport=udp"]])).map(({ ok }) => ok),
    [false, false],
  );
  t.strictSame(
    bbbEvidence(new Map()).map(({ ok }) => ok),
    [false, false],
    "missing variables of FreeSWITCH are not evidence",
  );
  t.end();
});
