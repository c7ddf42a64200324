import t, { type Test } from "tap";

import { type CallRecord, readRecord } from "../../src/call/record.js";
import { CallHarness, type CallScript } from "../support/call-harness.js";
import { fakePin } from "../support/fake-directory.js";
import type { FakeEndpoint } from "../support/fake-endpoint.js";

const number = "15112345678";

/** Runs a call until `ms` after the INVITE, then hands it over; returns its record. */
async function handedOver(
  t: Test,
  ms: number,
  changes: Partial<CallScript> = {},
): Promise<{ readonly before: CallHarness; readonly record: CallRecord }> {
  const before = CallHarness.checked(t, changes);
  before.begin();
  await before.clock.advance(ms);
  before.shutdown.set("handed-over");
  const report = await before.finish();
  t.equal(report.cause, "handed-over");
  t.match(
    { released: before.endpoint.releases, detached: before.endpoint.detached, left: before.endpoint.left },
    { released: 0, detached: 1, left: 0 },
    "the channel is left as it is",
  );
  t.strictSame([before.call.detached, before.call.hangUps], [1, []], "and so is the dialog");
  const text = before.endpoint.records.at(-1) ?? "";
  t.notMatch(text, number, "the record holds no number");
  const record = readRecord(text);
  if (!record.ok) throw new Error(`unusable record: ${text}`);
  return { before, record: record.value };
}

/** The bridge of the call before, as the new process has it. */
function bridgeOf(before: CallHarness): (endpoint: FakeEndpoint) => ReturnType<FakeEndpoint["bridge"]> {
  const [target] = before.endpoint.targets;
  if (target === undefined) throw new Error("the call has joined no conference");
  return (endpoint) => endpoint.bridge(target);
}

await t.test("a caller who talks goes on talking, with all keys and the end of the conference", async (t) => {
  const { before, record } = await handedOver(t, 20_000);
  t.match(record, { owner: "this-process", step: { kind: "talk", legId: /^[0-9a-f-]{36}$/ } });
  const after = CallHarness.checked(t, { talkMs: 30_000, typing: [] });
  after.resume(record, bridgeOf(before));
  await after.clock.advance(5_000);
  t.equal(after.stages.at(-1), "talking");
  t.equal(after.endpoint.targets.length, 1, "it does not join once more");
  after.press("7");
  await after.clock.advance(1_000);
  t.equal(after.endpoint.sent, "7", "keys reach the conference");
  const report = await after.finish();
  t.equal(report.cause, "conference-ended");
  t.strictSame(after.endpoint.heard, ["de:conference-ended de:enter-pin", "de:goodbye"]);
  t.equal(report.joins, 1);
  t.strictSame(
    report.stages.slice(0, 6).map(({ stage }) => stage),
    ["ringing", "greeting", "asking", "looking-up", "joining", "talking"],
    "the report tells the whole story",
  );
  t.strictSame([after.placesTaken, after.placesGivenBack], [1, 1], "it has a place");
});

await t.test("the maximum duration counts from the INVITE", async (t) => {
  const { before, record } = await handedOver(t, 20_000);
  const after = CallHarness.checked(t, {
    talkMs: "never",
    settings: { ...before.script.settings, maxDurationMs: 30_000 },
  });
  after.resume({ ...record, story: { ...record.story, startedAt: record.story.startedAt - 20_000 } }, bridgeOf(before));
  const report = await after.finish();
  t.equal(report.cause, "max-duration");
  t.ok(report.totalMs >= 30_000 && report.totalMs < 45_000, `after ${report.totalMs} ms`);
});

await t.test(
  "a caller in the dialogue is asked again, in the same language and with the tries that are left",
  async (t) => {
    const { record } = await handedOver(t, 8_000, { typing: ["11111", ""], conferences: [] });
    t.match(record, { step: { kind: "ask", why: "greeting" }, tries: { used: 1, wrong: 1 } });
    const after = CallHarness.checked(t, { typing: ["22222", "33333", "44444"], conferences: [] });
    after.resume({ ...record, language: "en" });
    const report = await after.finish();
    t.equal(report.cause, "too-many-tries");
    t.equal(report.pinsTyped, 3, "one before and two after");
    t.match(after.endpoint.heard[0], /^en:welcome en:enter-pin/);
  },
);

await t.test("a waiting caller goes on waiting, and joins when the conference has started meanwhile", async (t) => {
  const pin = fakePin("54321");
  const { record } = await handedOver(t, 20_000, { reserved: ["54321"], conferences: [] });
  t.match(record, { step: { kind: "wait" } });
  t.ok(record.step.kind === "wait" && record.step.pin.equals(pin));
  const waiting = CallHarness.checked(t, { reserved: ["54321"], conferences: [] });
  waiting.resume(record);
  await waiting.clock.advance(10_000);
  t.equal(waiting.stages.at(-1), "waiting");
  t.match(waiting.endpoint.heard[0], /^de:waiting music/, "the reminder, then music");
  const after = CallHarness.checked(t, { typing: [] });
  after.resume(record);
  const report = await after.finish();
  t.equal(report.joins, 1, "joined without typing");
  t.equal(report.pinsTyped, 1);
});

await t.test("a leg that has ended meanwhile ends as any other", async (t) => {
  const { before, record } = await handedOver(t, 20_000);
  const after = CallHarness.checked(t, { talkMs: 0 });
  after.resume(record, bridgeOf(before));
  const report = await after.finish();
  t.equal(report.cause, "conference-ended");
});

await t.test("a record of another version or a damaged one is not used", async (t) => {
  const { before } = await handedOver(t, 20_000);
  const text = before.endpoint.records.at(-1) ?? "";
  for (const damaged of ["", "{}", text.slice(0, -5), text.replace('"version":1', '"version":2')])
    t.strictSame(readRecord(damaged), { ok: false, failure: "unusable" }, damaged.slice(0, 20));
});

await t.test("a synthetic call keeps no record", async (t) => {
  const { admission } = new CallHarness().script;
  if (!admission.ok) throw new Error("no admission");
  const world = CallHarness.checked(t, { admission: { ok: true, value: { ...admission.value, origin: "synthetic" } } });
  await world.run();
  t.strictSame(world.endpoint.records, []);
});
