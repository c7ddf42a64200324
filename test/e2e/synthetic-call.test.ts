import t from "tap";

import { BbbApi } from "../../src/bbb/api-client.js";
import { statusReport } from "../../src/monitoring/status/status-report.js";
import { makeCertificates } from "../../src/simulators/certificates.js";
import { systemClock } from "../../src/util/clock.js";
import { Latch } from "../../src/util/latch.js";
import { within } from "../../src/util/wait.js";
import { readSamples, sumOf } from "../monitoring/metrics/exposition.js";
import { Kamailio } from "./support/kamailio.js";
import { missingPrograms } from "./support/missing-programs.js";
import { conferences, type Settings, World } from "./support/world.js";

t.setTimeout(300_000);

/** From the start: ten seconds, plus the time of a call on a busy machine. */
const patience = { ms: 90_000 };

function withSyntheticCalls(servers: readonly string[]): (settings: Settings) => Settings {
  return (settings) => ({
    ...settings,
    synthetic_call: { enabled: true, interval: "1m", jitter: 0, servers },
  });
}

async function meetingsOf(world: World, server: 0 | 1): Promise<number | string> {
  const answer = await new BbbApi({
    url: world.bbbs[server].apiUrl,
    secret: "test-bbb-secret",
    algorithm: "sha256",
    answerTimeoutMs: 5_000,
  }).getMeetings();
  return answer.ok ? answer.value.meetings.length : answer.failure;
}

/** Asserts that the log has a line for each of the two calls, which arrived over this trunk. */
async function bothEnded(world: World, trunk: string): Promise<void> {
  const ended = (): number =>
    world.log.past.filter((each) => each.includes('"call ended"') && each.includes(`"trunk":"${trunk}"`)).length;
  await world.log.next("both calls have ended", () => ended() === 2, { past: true, evidence: () => world.tail() });
}

async function told(world: World, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${world.einwahl.operatorsPort}${path}`, {
    headers: { accept: "application/json" },
  });
  return await response.text();
}

await t.test("two test phones hear each other in their own conference, and no statistics count them", async (t) => {
  const world = await World.start(t, { settings: withSyntheticCalls(["bbb-1"]) });
  const idle = await world.counts();
  const joined: string[] = [];
  t.teardown(world.bbbs[0].onJoin(({ name, voiceBridge }) => joined.push(`${name} ${voiceBridge.length}`)));
  const line = await world.log.next("the synthetic call's line", (each) => each.includes('"synthetic call'), {
    ...patience,
    evidence: () => world.tail(),
  });
  t.match(JSON.parse(line), { level: 30, server: "bbb-1", msg: "synthetic call succeeded" });
  const { answeredMs, heardMs, totalMs } = JSON.parse(line) as Record<"answeredMs" | "heardMs" | "totalMs", number>;
  t.ok(answeredMs > 0 && answeredMs < heardMs && heardMs < totalMs, line);
  t.same(joined, ["Anonym 9", "Anonym 9"]);

  const status = statusReport.parse(JSON.parse(await told(world, "/status")));
  t.match(status.syntheticCalls, [{ server: "bbb-1", ok: true, stage: null, answeredMs, heardMs }]);
  t.match(status, { calls: { now: 0, admitted: 0 }, causes: [], lastFailures: [] });
  t.equal(
    status.day.slots.reduce((sum, { calls }) => sum + calls, 0),
    0,
    "not in the day's calls",
  );
  const samples = readSamples(await told(world, "/metrics"));
  t.equal(sumOf(samples, "einwahl_synthetic_calls_total", { server: "bbb-1", result: "ok" }), 1);
  t.equal(sumOf(samples, "einwahl_synthetic_call_success", { server: "bbb-1" }), 1);
  t.equal(sumOf(samples, "einwahl_synthetic_call_duration_seconds", { until: "heard" }), heardMs / 1_000);
  t.equal(sumOf(samples, "einwahl_calls_total"), 0);
  t.equal(sumOf(samples, "einwahl_pin_lookups_total"), 0);
  t.equal(world.reports.past.length + world.stages.past.length, 0, "observers of calls get no event");
  await bothEnded(world, "(test)");
  t.same(
    world.log.past.filter((each) => /"[^"]*\b[0-9]{9}\b/.test(each)),
    [],
    "and no PIN",
  );
  t.equal(await meetingsOf(world, 0), 1, "its conference is ended");
  t.same(await world.leftBehind(idle), {});
  t.same(world.complaints([]), []);
});

await t.test(
  "a BBB server that refuses phones, and one whose API does not respond: the failed step is named",
  async (t) => {
    const world = await World.start(t, { settings: withSyntheticCalls(["bbb-1"]) });
    world.bbbs[0].voice.refusal = { kind: "status", status: 488 };
    const refused = JSON.parse(
      await world.log.next("the first failure", (each) => each.includes('"synthetic call'), {
        ...patience,
        evidence: () => world.tail(),
      }),
    ) as Record<string, unknown>;
    t.match(refused, { level: 40, msg: "synthetic call failed", server: "bbb-1", stage: "join" });
    t.equal(await meetingsOf(world, 0), 1);
    const [call] = world.einwahl.status().syntheticCalls ?? [];
    t.match(call, { ok: false, stage: "join" });
    t.match(await told(world, "/status?lang=en"), /join/);
    await world.bbbs[0].close();
    const failed = JSON.parse(
      await world.log.next("the second failure", (each) => each.includes('"synthetic call'), {
        ms: 150_000,
        evidence: () => world.tail(),
      }),
    ) as Record<string, unknown>;
    t.match(failed, { level: 40, server: "bbb-1", stage: "conference", answeredMs: undefined });
    const samples = readSamples(await told(world, "/metrics"));
    t.equal(sumOf(samples, "einwahl_synthetic_calls_total", { result: "failed" }), 2);
    t.equal(sumOf(samples, "einwahl_synthetic_call_failures_total", { step: "join" }), 1);
    t.equal(sumOf(samples, "einwahl_synthetic_call_failures_total", { step: "conference" }), 1);
    t.equal(sumOf(samples, "einwahl_calls_total"), 0);
  },
);

await t.test("stopped during a synthetic call, nothing is leaked", async (t) => {
  const world = await World.start(t, { settings: withSyntheticCalls(["bbb-2"]) });
  const [, second] = world.bbbs;
  const idle = await world.counts();
  const inside = new Latch<true>();
  t.teardown(
    second.onJoin(() => {
      inside.set(true);
    }),
  );
  const joined = new Promise<true>((resolve) => {
    inside.onSet(resolve);
  });
  await within(systemClock, patience.ms, joined);
  t.ok(inside.isSet);
  await world.stopEinwahl();
  t.equal(await meetingsOf(world, 1), 1);
  t.same(
    second.members().filter(({ voiceBridge }) => voiceBridge !== conferences[1].pin),
    [],
  );
  t.notOk(
    world.log.past.some((line) => line.includes('"synthetic call')),
    "an interrupted call has no result",
  );
  await world.settled();
  t.same(await world.leftBehind(idle, { handles: true }), {});
  t.same(world.complaints([]), []);
});

await t.test(
  "over the trunk and back: the provider accepts the call and delivers it",
  { skip: missingPrograms("kamailio") },
  async (t) => {
    const certificates = await makeCertificates();
    const carrier = await Kamailio.start(t, { certificates, takesCalls: true, grantedExpiry: 600 });
    const settings = (all: Settings): Settings => {
      const local = withSyntheticCalls(["bbb-1"])(all);
      return {
        ...local,
        synthetic_call: { ...(local["synthetic_call"] as Settings), trunk: "line", ca: certificates.ca },
      };
    };
    const world = await World.start(t, {
      certificates,
      carrier,
      settings,
      trunk: { watchdog: { min_interval: "1m" } },
    });
    const line = await world.log.next("the synthetic call's line", (each) => each.includes('"synthetic call'), {
      ...patience,
      evidence: () => `${world.tail()}\n${carrier.events.join("\n")}`,
    });
    t.match(JSON.parse(line), { level: 30, server: "bbb-1", msg: "synthetic call succeeded" });
    t.equal(carrier.events.filter((event) => event.startsWith("outgoing")).length, 2, "both went to the provider");
    await bothEnded(world, "line");
    t.match(world.einwahl.status(), { causes: [], lastFailures: [], syntheticCalls: [{ ok: true }] });
    t.equal(world.reports.past.length, 0, "they do not count as calls");
    t.same(world.complaints(["+493023125001"]), []);

    // The provider has lost the registration, although einwahl believes in it: the calls do not arrive, and einwahl registers again.
    await carrier.forget();
    const again = carrier.event(/^registered /, { ms: 150_000 });
    const failed = JSON.parse(
      await world.log.next("the failure", (each) => each.includes('"synthetic call'), {
        ms: 150_000,
        evidence: () => world.tail(),
      }),
    ) as Record<string, unknown>;
    t.match(failed, { msg: "synthetic call failed", stage: "answer" });
    await world.log.next(
      "the trunk has registered again",
      (each) => each.includes("trunk may not deliver calls") && each.includes("own call"),
      { past: true, evidence: () => world.tail() },
    );
    await again;
  },
);
