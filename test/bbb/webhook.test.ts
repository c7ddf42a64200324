import { createHash } from "node:crypto";

import t from "tap";

import { readWebhook } from "../../src/bbb/webhook.js";
import { callbackUrls, isAuthentic } from "../../src/bbb/webhook-proof.js";
import { seeded } from "../support/seeded.js";

const created = {
  data: {
    type: "event",
    id: "meeting-created",
    attributes: {
      meeting: {
        "internal-meeting-id": "abc-1",
        "external-meeting-id": "room",
        name: "<b>",
        "is-breakout": false,
        "parent-id": "bbb-none",
        "voice-conf": "04711",
        audioBridge: "bbb-webrtc-sfu",
        metadata: { a: "b" },
      },
    },
    event: { ts: 1 },
  },
};

function form(event: unknown): string {
  return new URLSearchParams({ domain: "bbb.example.org", event: JSON.stringify(event), timestamp: "0" }).toString();
}

function meeting(changes: Readonly<Record<string, unknown>>, id = "meeting-created"): unknown {
  return { data: { ...created.data, id, attributes: { meeting: { ...created.data.attributes.meeting, ...changes } } } };
}

await t.test("created and ended meetings; all other events are skipped", (t) => {
  t.match(readWebhook(form([created])), [
    {
      kind: "created",
      meeting: { meetingId: "abc-1", isOccupied: false, parentId: undefined, audioBridge: "freeswitch" },
    },
  ]);
  const [first] = readWebhook(form([created])) ?? [];
  t.equal(first?.kind === "created" ? first.meeting.voiceBridge.reveal() : "", "04711", "a leading zero counts");
  t.match(readWebhook(form([meeting({ "parent-id": "abc-0", audioBridge: "livekit" })])), [
    { meeting: { parentId: "abc-0", audioBridge: "livekit" } },
  ]);
  t.match(
    readWebhook(form([meeting({ audioBridge: undefined })])),
    [{ meeting: { audioBridge: undefined } }],
    "BBB before 3.0 sends no audio bridge",
  );
  t.match(
    readWebhook(
      form([
        meeting({ "create-time": 1_700_000_000_000 }),
        meeting({ "internal-meeting-id": "abc-1700000000001", "create-time": 1 }),
      ]),
    ),
    [{ meeting: { createdAt: 1_700_000_000_000 } }, { meeting: { createdAt: 1_700_000_000_001 } }],
  );
  t.match(readWebhook(form([meeting({ "create-time": { a: 1 } })])), [{ meeting: { createdAt: undefined } }]);
  t.strictSame(readWebhook(form([meeting({}, "meeting-ended")])), [{ kind: "ended", meetingId: "abc-1" }]);
  t.strictSame(
    readWebhook(form([meeting({}, "user-joined"), { data: { type: "event", id: "rap-published", attributes: {} } }])),
    [],
  );
  t.equal(readWebhook(form([created, meeting({}, "meeting-ended")]))?.length, 2, "several at once");
  t.end();
});

await t.test("invalid events, and events without required properties", (t) => {
  for (const bad of [
    meeting({ "voice-conf": "12x" }),
    meeting({ "voice-conf": "123456789012" }),
    meeting({ "voice-conf": undefined }),
    meeting({ "internal-meeting-id": "" }),
    meeting({ "internal-meeting-id": "x".repeat(300) }),
    meeting({ "internal-meeting-id": 5 }),
    null,
    1,
    "x",
    [],
    {},
  ]) {
    t.strictSame(readWebhook(form([bad])), [], JSON.stringify(bad).slice(0, 80));
  }
  for (const text of ["", "event=", "event=%5B", "event={}", "event=null", "other=1", "event=%5B%7B", "%%%=%%%"])
    t.equal(readWebhook(text), undefined, text);
  t.end();
});

await t.test("the proof", (t) => {
  const url = "https://phone.example.org/bbb-webhooks/bbb-1";
  const proof = { callbackUrls: [url], body: form([created]), checksum: "", authorization: "" };
  for (const algorithm of ["sha1", "sha256", "sha384", "sha512"]) {
    const checksum = createHash(algorithm).update(`${url}${proof.body}secret`).digest("hex");
    t.ok(isAuthentic({ ...proof, checksum }, "secret"), algorithm);
    t.ok(isAuthentic({ ...proof, checksum: checksum.toUpperCase() }, "secret"));
    t.notOk(isAuthentic({ ...proof, checksum }, "another"));
    t.notOk(isAuthentic({ ...proof, checksum, body: `${proof.body}&x=1` }, "secret"));
    t.notOk(isAuthentic({ ...proof, checksum, callbackUrls: ["https://elsewhere.example.org/"] }, "secret"));
  }
  for (const authorization of ["Bearer secret", "bearer secret", "BEARER  secret"])
    t.ok(isAuthentic({ ...proof, authorization }, "secret"), authorization);
  const checksum = createHash("sha1").update(`${url}${proof.body}secret`).digest("hex");
  t.ok(
    isAuthentic({ ...proof, checksum, authorization: "Basic b2Y6YQ==" }, "secret"),
    "a proxy's own authorization proves nothing, and takes nothing away",
  );
  for (const authorization of ["bearersecret", "bearer", "Bearer another", "Bearer ", "secret", "Basic secret"])
    t.notOk(isAuthentic({ ...proof, authorization }, "secret"), authorization);
  t.notOk(isAuthentic(proof, "secret"), "nothing at all");
  t.notOk(isAuthentic({ ...proof, checksum: "0".repeat(40) }, "secret"));
  t.end();
});

await t.test("spellings of the callback URL", (t) => {
  const isTaken = (base: string, written: string, query = ""): boolean =>
    isAuthentic(
      {
        callbackUrls: callbackUrls(base, "/bbb-webhooks/bbb-1", query),
        body: "x",
        checksum: createHash("sha1").update(`${written}xsecret`).digest("hex"),
        authorization: "",
      },
      "secret",
    );
  for (const base of ["https://phone.example.org", "https://Phone.Example.org", "https://phone.example.org:443"]) {
    for (const written of [
      `${base}/bbb-webhooks/bbb-1`,
      `${base}/bbb-webhooks/bbb-1/`,
      "https://phone.example.org/bbb-webhooks/bbb-1",
      "https://phone.example.org:443/bbb-webhooks/bbb-1",
      "https://phone.example.org:443/bbb-webhooks/bbb-1/",
    ])
      t.ok(isTaken(base, written), `${base} ${written}`);
  }
  t.ok(isTaken("http://10.0.0.1", "http://10.0.0.1:80/bbb-webhooks/bbb-1"));
  t.ok(isTaken("http://[::1]:8080", "http://[::1]:8080/bbb-webhooks/bbb-1/"));
  t.ok(isTaken("https://example.org/phone", "https://example.org:443/phone/bbb-webhooks/bbb-1"));
  t.ok(isTaken("https://example.org", "https://example.org/bbb-webhooks/bbb-1?tenant=a", "tenant=a"));
  for (const written of [
    "http://phone.example.org/bbb-webhooks/bbb-1",
    "https://phone.example.org:8443/bbb-webhooks/bbb-1",
    "https://phone.example.org/bbb-webhooks/bbb-2",
    "https://phone.example.org/bbb-webhooks/bbb-1//",
  ])
    t.notOk(isTaken("https://phone.example.org", written), written);
  t.end();
});

await t.test("arbitrary bytes", (t) => {
  const random = seeded(5);
  const text = form([created, meeting({}, "meeting-ended")]);
  for (let round = 0; round < 3_000; round++) {
    const at = random.below(text.length);
    const mangled = `${text.slice(0, at)}${String.fromCharCode(random.below(300))}${text.slice(at + random.below(9))}`;
    const events = readWebhook(mangled);
    if (events !== undefined && events.length > 2) t.fail("more events than there were");
  }
  t.pass("none made it throw");
  t.end();
});
