import t from "tap";

import { failure, success } from "../../src/util/result.js";
import { CallHarness, someSettings } from "../support/call-harness.js";
import { fakeConference } from "../support/fake-directory.js";

const refused = failure("conference-refused" as const);
const gone = failure("conference-unreachable" as const);
const joined = success({ codec: "PCMU", suite: "AES_CM_128_HMAC_SHA1_32" });

await t.test("a BBB server refuses, and the conference is found on another one", async (t) => {
  const elsewhere = { kind: "open", conference: fakeConference("54321", "bbb2", "meeting-elsewhere") } as const;
  const world = CallHarness.checked(t, {
    bridgeOutcomes: [refused, joined],
    lookups: [{ kind: "open", conference: fakeConference("54321") }, elsewhere],
  });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.equal(report.server, "bbb2");
  t.strictSame(world.directory.foundAgain, ["54321"]);
  const [first, second] = world.endpoint.targets;
  t.strictSame([first?.node.name, second?.node.name], ["bbb1", "bbb2"]);
  t.equal(second?.label, first?.label);
  t.not(second?.pseudonym, first?.pseudonym, "another meeting, another pseudonym");
  t.equal(report.srtp.bbb, "AES_CM_128_HMAC_SHA1_32");
});

await t.test("a BBB server refuses, and the conference is no longer found", async (t) => {
  for (const [kind, told] of [
    ["unknown", "conference-unavailable"],
    ["unavailable", "service-unavailable"],
  ] as const) {
    const world = CallHarness.checked(t, {
      bridgeOutcomes: [refused],
      lookups: [{ kind: "open", conference: fakeConference("54321") }, { kind }],
    });
    const report = await world.run();
    t.equal(report.cause, "conference-refused");
    t.equal(world.endpoint.targets.length, 1);
    t.equal(world.endpoint.heard.at(-1), `de:${told} de:goodbye`);
    t.strictSame(report.lookups, ["open", kind]);
    t.strictSame(world.call.hangUps, ['Q.850;cause=21;text="conference-refused"']);
  }
});

await t.test("a BBB server refuses twice: no third leg, no third lookup", async (t) => {
  const world = CallHarness.checked(t, { bridgeOutcomes: [refused, gone] });
  const report = await world.run();
  t.equal(report.cause, "conference-unreachable", "the last failure is the cause");
  t.equal(world.endpoint.targets.length, 2);
  t.strictSame(world.directory.foundAgain, ["54321"]);
  t.equal(world.endpoint.heard.at(-1), "de:conference-unavailable de:goodbye");
  t.equal(report.srtp.bbb, undefined);
});

await t.test("the BBB server is lost in mid-call, and the conference continues on another one", async (t) => {
  const elsewhere = { kind: "open", conference: fakeConference("54321", "bbb2", "meeting-elsewhere") } as const;
  const world = CallHarness.checked(t, {
    overs: ["lost", "ended"],
    lookups: [{ kind: "open", conference: fakeConference("54321") }, elsewhere],
  });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.equal(report.server, "bbb2");
  t.strictSame(world.stages, [
    "ringing",
    "greeting",
    "asking",
    "looking-up",
    "joining",
    "talking",
    "looking-up",
    "joining",
    "talking",
    "looking-up",
    "asking",
    "ending",
  ]);
});

await t.test("the BBB server is lost in mid-call, and so is the conference", async (t) => {
  const world = CallHarness.checked(t, {
    overs: ["lost"],
    lookups: [{ kind: "open", conference: fakeConference("54321") }, { kind: "unavailable" }],
  });
  const report = await world.run();
  t.equal(report.cause, "conference-unreachable");
  t.equal(world.endpoint.heard.at(-1), "de:service-unavailable de:goodbye");
});

await t.test(
  "a BBB server lost again immediately is given up; after a minute in the conference it is retried",
  async (t) => {
    const flapping = CallHarness.checked(t, { overs: ["lost"], talkMs: 5_000 });
    t.equal((await flapping.run()).joins, 2);
    const steady = CallHarness.checked(t, { overs: ["lost", "lost", "lost", "lost", "ended"], talkMs: 60_000 });
    const report = await steady.run();
    t.equal(report.joins, 5);
    t.equal(report.cause, "conference-ended");
  },
);

await t.test("a BBB server refuses, and the conference is not started: wait", async (t) => {
  const open = { kind: "open", conference: fakeConference("54321") } as const;
  const restarted = CallHarness.checked(t, {
    bridgeOutcomes: [refused, joined],
    lookups: [open, { kind: "not-started" }, open],
    opensMs: [20_000],
  });
  const report = await restarted.run();
  t.equal(report.cause, "conference-ended");
  t.strictSame(restarted.stages.slice(4, 8), ["joining", "looking-up", "waiting", "joining"]);

  const impatient = CallHarness.checked(t, {
    bridgeOutcomes: [refused],
    lookups: [open, { kind: "not-started" }],
    settings: { ...someSettings, waiting: { limitMs: 0, remindEveryMs: 45_000 } },
  });
  t.equal((await impatient.run()).cause, "conference-refused");
});

await t.test(
  "a restarting BBB server is retried for half a minute, with music; no caller counts as removed",
  async (t) => {
    const world = CallHarness.checked(t, { overs: ["lost", "ended"], bridgeOutcomes: [joined, gone, gone, joined] });
    const report = await world.run();
    t.equal(report.cause, "conference-ended");
    t.equal(report.joins, 2);
    const pauses = report.stages.filter(({ stage }) => stage === "looking-up").map(({ ms }) => ms);
    t.ok(
      (pauses[1] ?? 0) >= 2_000 && (pauses[2] ?? 0) >= 3_000 && (pauses[3] ?? 0) >= 4_000,
      `not in the same millisecond: ${pauses.join(" ")}`,
    );
    t.ok(world.endpoint.heard.includes("de:please-wait music:hold"), "and with music");

    const dead = CallHarness.checked(t, { overs: ["lost"], bridgeOutcomes: [joined, gone] });
    const end = await dead.run();
    t.equal(end.cause, "conference-unreachable");
    t.equal(dead.endpoint.targets.length, 6, "after five tries it is given up");
    t.equal(dead.endpoint.heard.at(-1), "de:conference-unavailable de:goodbye");
  },
);

await t.test("a busy BBB server is retried three times, after more than a second each", async (t) => {
  const busy = failure("node-busy" as const);
  const world = CallHarness.checked(t, { bridgeOutcomes: [busy, busy, joined] });
  const report = await world.run();
  t.equal(report.cause, "conference-ended");
  t.strictSame(report.lookups, ["open"], "the conference is not looked up again");
  t.ok((report.stages.find(({ stage }) => stage === "joining")?.ms ?? 0) >= 2_200);

  const full = CallHarness.checked(t, { bridgeOutcomes: [busy] });
  t.equal((await full.run()).cause, "node-busy");
  t.equal(full.endpoint.targets.length, 8, "four times on each of two occasions");
});

await t.test("a slow second lookup is explained", async (t) => {
  const world = CallHarness.checked(t, { bridgeOutcomes: [refused, joined], lookUpMs: 2_000 });
  t.equal((await world.run()).cause, "conference-ended");
  t.equal(world.endpoint.heard.filter((text) => text === "de:please-wait music:hold").length, 2);
  t.strictSame(world.stages.slice(3, 7), ["looking-up", "joining", "looking-up", "joining"]);
});

await t.test("a BBB server that never answers counts as unreachable", async (t) => {
  const world = CallHarness.checked(t, { bridgeMs: "never" });
  const report = await world.run();
  t.equal(report.cause, "conference-unreachable");
  t.equal(world.endpoint.left, 2);
  const limit = someSettings.joinTimeoutMs + 2_000;
  t.strictSame(
    report.stages.filter(({ stage }) => stage === "joining").map(({ ms }) => ms),
    [limit, limit + 4_000],
    "the second with the farewell",
  );
  t.ok(report.totalMs < 2 * limit + 10_000, `${report.totalMs} ms`);
});

await t.test("the maximum duration counts from the INVITE on", async (t) => {
  const world = CallHarness.checked(t, { talkMs: "never", settings: { ...someSettings, maxDurationMs: 600_000 } });
  const report = await world.run();
  t.equal(report.cause, "max-duration");
  t.equal(world.endpoint.left, 1);
  t.equal(world.endpoint.heard.at(-1), "de:max-duration de:goodbye");
  t.equal(report.totalMs, 600_000 + 4_000 + 15, "the farewell and the release come after it");
});

await t.test("the caller hangs up in the conference", async (t) => {
  const world = CallHarness.checked(t);
  world.begin();
  await world.clock.advance(10_000);
  t.equal(world.stages.at(-1), "talking");
  world.call.hangUpByCaller();
  const report = await world.finish();
  t.equal(report.cause, "caller-hung-up");
  t.strictSame(world.call.hangUps, []);
});

await t.test("a failure stays the cause if the caller hangs up during its announcement", async (t) => {
  for (const [cause, changes, told] of [
    ["conference-refused", { bridgeOutcomes: [refused, refused] }, "conference-unavailable"],
    ["conference-unreachable", { bridgeOutcomes: [gone, gone] }, "conference-unavailable"],
    [
      "conference-unreachable",
      {
        bridgeOutcomes: [gone],
        lookups: [{ kind: "open", conference: fakeConference("54321") }, { kind: "unavailable" }],
      },
      "service-unavailable",
    ],
  ] as const) {
    const world = CallHarness.checked(t, changes);
    world.onPoint = () => {
      if (world.endpoints[0]?.heard.at(-1) === `de:${told} de:goodbye`) world.call.hangUpByCaller();
    };
    const report = await world.run();
    t.equal(report.cause, cause, told);
    t.strictSame(world.call.hangUps, [], "the caller gets no BYE");
  }
});

await t.test("a lost leg ends the call with BYE", async (t) => {
  const world = CallHarness.checked(t);
  world.begin();
  await world.clock.advance(10_000);
  world.endpoint.gone.set("media-lost");
  const report = await world.finish();
  t.equal(report.cause, "media-lost");
  t.match(world.call.hangUps, [/text="media-lost"$/]);
});
