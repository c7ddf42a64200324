import t, { type Test } from "tap";

import type { BridgeFailure, Conference, ConferenceAudio } from "../../src/call/interfaces.js";
import { LivekitIdentities } from "../../src/store/livekit-identities.js";
import { MeetingAudio } from "../../src/store/meeting-audio.js";
import { failure, success } from "../../src/util/result.js";
import { CallHarness, type CallScript, someAdmission, someSettings } from "../support/call-harness.js";
import { fakeConference, fakeNode, fakePin } from "../support/fake-directory.js";

const joined = success({ codec: "PCMA", suite: "AEAD_AES_256_GCM" });

function conference(audio: Partial<ConferenceAudio>, digits = "54321"): Conference {
  return { ...fakeConference(digits), audio: { told: undefined, usual: undefined, livekitNode: undefined, ...audio } };
}

function refused(cause: BridgeFailure): ReturnType<typeof failure<BridgeFailure>> {
  return failure(cause);
}

function livekit(
  t: Test,
  changes: Partial<CallScript> = {},
  shared: { readonly audioBridges?: MeetingAudio; readonly identities?: LivekitIdentities } = {},
): CallHarness {
  return CallHarness.checked(t, { conferences: [conference({ told: "livekit" })], ...changes }, shared);
}

const routes = (world: CallHarness): readonly string[] => world.endpoint.targets.map(({ route }) => route);
const users = (world: CallHarness): readonly string[] => world.endpoint.targets.map(({ pseudonym }) => pseudonym);

await t.test(
  "a webhook reported LiveKit: called through the BBB server's FreeSWITCH, with a From user that ends in the four digits",
  async (t) => {
    const world = livekit(t);
    const report = await world.run();
    t.equal(report.cause, "conference-ended");
    t.strictSame(routes(world), ["livekit-by-node"]);
    t.match(users(world), [/^anruf-[a-p]{16}5678$/]);
    t.equal(world.endpoint.targets[0]?.label, "5678");
    t.strictSame(world.directory.livekitWays, ["bbb1 works"]);
    t.equal(world.identities.size, 0, "nothing stays claimed");
  },
);

await t.test(
  "a join to LiveKit through the BBB server takes two turns: the next caller waits twice as long",
  async (t) => {
    for (const [told, ms] of [
      ["freeswitch", 25],
      ["livekit", 50],
    ] as const) {
      const world = livekit(t, { conferences: [conference({ told })], talkMs: "never" });
      world.begin();
      for (let ms = 0; ms < 60_000 && !world.stages.includes("joining"); ms++) await world.clock.advance(1);
      const left = world.joinPacer.take("bbb1");
      t.ok(left > ms - 5 && left <= ms, `${told}: ${left} ms`);
      world.call.hangUpByCaller();
      await world.finish();
    }
  },
);

await t.test("directly to livekit-sip if its port is configured", async (t) => {
  const world = livekit(t, {
    conferences: [conference({ told: "livekit", livekitNode: { ...fakeNode("bbb1"), port: 5062 } })],
  });
  await world.run();
  t.match(world.endpoint.targets, [{ route: "livekit-direct", node: { port: 5062 } }]);
});

await t.test("unknown audio bridge: LiveKit is tried, and only its definite refusal leads to FreeSWITCH", async (t) => {
  const audioBridges = new MeetingAudio(() => undefined);
  const unknown = { conferences: [conference({})] };
  const first = livekit(
    t,
    { ...unknown, bridgeOutcomes: [refused("not-in-livekit"), refused("not-in-livekit"), joined] },
    { audioBridges },
  );
  t.equal((await first.run()).cause, "conference-ended");
  t.strictSame(routes(first), ["livekit-by-node", "livekit-by-node", "freeswitch"]);
  t.match(users(first), [/5678$/, /5678$/, /^anruf-[a-p]{16}$/], "FreeSWITCH gets the pseudonym alone");
  t.equal(await audioBridges.of("meeting-54321"), "freeswitch");
  const second = livekit(t, unknown, { audioBridges });
  await second.run();
  t.strictSame(routes(second), ["freeswitch"], "what the first call has found out is remembered");

  for (const cause of ["conference-unreachable", "conference-refused", "node-busy", "no-livekit-way"] as const) {
    const world = livekit(t, { ...unknown, bridgeOutcomes: [refused(cause)] });
    await world.run();
    t.strictSame([...new Set(routes(world))], ["livekit-by-node"], `${cause} is no reason to guess`);
    t.equal(await world.audioBridges.of("meeting-54321"), undefined);
  }
});

await t.test(
  "a meeting has just started and its LiveKit room follows: retried, not joined in FreeSWITCH",
  async (t) => {
    const world = livekit(t, { conferences: [conference({})], bridgeOutcomes: [refused("not-in-livekit"), joined] });
    t.equal((await world.run()).cause, "conference-ended");
    t.strictSame(routes(world), ["livekit-by-node", "livekit-by-node"]);
    t.equal(await world.audioBridges.of("meeting-54321"), "livekit");
  },
);

await t.test("a BBB server without LiveKit: tried once, then its FreeSWITCH immediately", async (t) => {
  const world = livekit(t, { conferences: [conference({})], bridgeOutcomes: [refused("no-livekit"), joined] });
  t.equal((await world.run()).cause, "conference-ended");
  t.strictSame(routes(world), ["livekit-by-node", "freeswitch"]);
  t.strictSame(world.directory.livekitWays, ["bbb1 works"]);
});

await t.test("a meeting found in LiveKit is known to all instances and after a restart", async (t) => {
  const audioBridges = new MeetingAudio(() => undefined);
  await livekit(t, { conferences: [conference({})] }, { audioBridges }).run();
  t.equal(await audioBridges.of("meeting-54321"), "livekit");
  const shared = new MeetingAudio(() => audioBridges);
  const restarted = livekit(t, { conferences: [conference({ usual: "freeswitch" })] }, { audioBridges: shared });
  await restarted.run();
  t.strictSame(routes(restarted), ["livekit-by-node"], "also against what is usual on this server");
});

await t.test("a BBB server without the dialplan: announced to the caller, reported to the operator", async (t) => {
  const world = livekit(t, { conferences: [conference({})], bridgeOutcomes: [refused("no-livekit-way")] });
  t.equal((await world.run()).cause, "no-telephone-audio");
  t.equal(world.endpoint.heard.at(-1), "de:no-telephone-audio de:goodbye");
  t.strictSame(world.directory.livekitWays, ["bbb1 missing"]);
  const gone = livekit(t, { bridgeOutcomes: [refused("not-in-livekit")] });
  t.equal((await gone.run()).cause, "no-telephone-audio");
  t.equal(gone.endpoint.targets.length, 4, "its LiveKit may get the room a moment later");
  t.equal(gone.endpoint.heard.at(-1), "de:no-telephone-audio de:goodbye");
});

await t.test("callers without a number get a word of four characters in their language", async (t) => {
  const words = {
    ...someSettings.label,
    livekit: { anonymous: { de: "Anon", en: "None" }, unreadable: { de: "Tel.", en: "Call" } },
  };
  for (const [kind, ending] of [
    ["anonymous", "Anon"],
    ["short", "Tel."],
    ["unreadable", "Tel."],
  ] as const) {
    const world = livekit(t, {
      admission: success(someAdmission({ caller: { kind } })),
      settings: { ...someSettings, label: words },
    });
    await world.run();
    t.match(users(world), [new RegExp(`^anruf-[a-p]{16}${ending}$`)], kind);
  }
  const hidden = livekit(t, {
    settings: { ...someSettings, label: { ...words, template: { de: "Telefon", en: "Phone" } } },
  });
  await hidden.run();
  t.match(users(hidden), [/Tel\.$/], "no digits where the operator's label has none");
});

await t.test("two calls of one number in one meeting have two identities, released at their ends", async (t) => {
  const identities = new LivekitIdentities(() => undefined);
  const first = livekit(t, { talkMs: "never" });
  const shared = { clock: first.clock, hasher: first.hasher, identities };
  const one = CallHarness.checked(t, { conferences: [conference({ told: "livekit" })], talkMs: "never" }, shared);
  const two = CallHarness.checked(t, { conferences: [conference({ told: "livekit" })], talkMs: "never" }, shared);
  one.begin();
  two.begin();
  await first.clock.advance(20_000);
  const [a, b] = [users(one)[0] ?? "", users(two)[0] ?? ""];
  t.match([a, b], [/5678$/, /5678$/]);
  t.not(a, b);
  one.call.hangUpByCaller();
  await first.clock.advance(2_000);
  const again = CallHarness.checked(t, { conferences: [conference({ told: "livekit" })], talkMs: "never" }, shared);
  again.begin();
  await first.clock.advance(20_000);
  t.equal(users(again)[0], a, "the same number dialling again is the same participant");
  for (const world of [two, again]) world.call.hangUpByCaller();
  await first.clock.advance(2_000);
  t.equal(identities.size, 0);
});

await t.test("a call keeps its identity on re-join: after a failure, and from a breakout room", async (t) => {
  for (const kind of ["number", "anonymous"] as const) {
    const caller = kind === "number" ? {} : { admission: success(someAdmission({ caller: { kind } })) };
    const lost = livekit(t, { ...caller, overs: ["lost", "ended"] });
    await lost.run();
    const [before, after] = users(lost);
    t.equal(users(lost).length, 2);
    t.equal(after, before, `${kind}: the ghost of the first leg, if there is one, is ended by LiveKit`);
  }
  const breakout = { ...conference({ told: "livekit" }, "543211"), mainRoom: fakePin("54321") };
  const back = livekit(t, {
    conferences: [conference({ told: "livekit" }), breakout],
    typing: ["543211", "54321"],
    talkMs: 5_000,
  });
  await back.run();
  t.equal(new Set(users(back)).size, 2);
});

await t.test("BBB's mute key is not announced where BBB may not handle it", async (t) => {
  const settings = { ...someSettings, hints: true };
  const leave = "de:leave-hint de:key-star de:key-pound";
  for (const audio of [{ told: "livekit" }, {}] as const) {
    const world = livekit(t, { settings, conferences: [conference(audio)] });
    await world.run();
    t.equal(world.endpoint.heard[1], leave);
  }
  const waiting = livekit(t, { settings, lookups: [{ kind: "not-started" }] });
  waiting.begin();
  await waiting.clock.advance(20_000);
  t.equal(waiting.endpoint.heard[1], `de:not-started ${leave} music:hold`);
  waiting.call.hangUpByCaller();
  await waiting.finish();
});
