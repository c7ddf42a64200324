import t, { type Test } from "tap";

import type { Key } from "../../src/call/dtmf-buffer.js";
import { KeysInConference, secondKeyTimeoutMs } from "../../src/call/keys-in-conference.js";
import { CallHarness, someSettings } from "../support/call-harness.js";
import { fakeConference } from "../support/fake-directory.js";

/** The actions for a sequence of keys; `.` is the timeout. */
function read(leave: Key | undefined, text: string): string {
  const keys = new KeysInConference(leave);
  let out = "";
  for (const each of text) {
    const meaning = each === "." ? keys.nothingFollows() : keys.press(each as Key);
    out += meaning.kind === "leave" ? "leave" : meaning.keys.join("");
  }
  return keys.timeoutMs === undefined ? out : `${out}...`;
}

await t.test("BBB's keys pass, *6 mutes, *# leaves", (t) => {
  const rows: readonly (readonly [pressed: string, leave: Key | undefined, sent: string])[] = [
    ["0123456789#", "#", "0123456789#"],
    ["*6", "#", "0"],
    ["*6*6", "#", "00"],
    ["6", "#", "6"],
    ["*", "#", "..."],
    ["*.", "#", "*"],
    ["*.6", "#", "*6"],
    ["*1", "#", "*1"],
    ["*#", "#", "leave"],
    ["*.#", "#", "*#"],
    ["*5", "5", "leave"],
    ["*#", "5", "*#"],
    ["*#", undefined, "*#"],
    ["*6", undefined, "0"],
    ["**", "#", "*..."],
    ["**.", "#", "**"],
    ["**6", "#", "*0"],
    ["**#", "#", "*leave"],
    ["1*2*3", "#", "1*2*3"],
    [".", "#", ""],
  ];
  for (const [pressed, leave, sent] of rows)
    t.equal(read(leave, pressed), sent, `${pressed}, leave by ${leave ?? "nothing"}`);
  t.end();
});

type Changes = ConstructorParameters<typeof CallHarness>[0];

/** A call that has reached a stage after so many milliseconds. */
async function inStage(t: Test, stage: string, ms: number, changes: Changes): Promise<CallHarness> {
  const world = CallHarness.checked(t, { talkMs: "never", ...changes });
  world.begin();
  await world.clock.advance(ms);
  t.equal(world.stages.at(-1), stage);
  return world;
}

/** A call in a conference. */
async function talking(t: Test, changes: Changes = {}): Promise<CallHarness> {
  return await inStage(t, "talking", 10_000, changes);
}

await t.test("the conference gets the keys one by one, `*` after a second", async (t) => {
  const world = await talking(t);
  world.press("1");
  await world.clock.advance(1);
  t.equal(world.endpoint.sent, "1");
  world.press("*");
  await world.clock.advance(secondKeyTimeoutMs - 2);
  t.equal(world.endpoint.sent, "1");
  await world.clock.advance(2);
  t.equal(world.endpoint.sent, "1*");
  world.press("*6");
  await world.clock.advance(1);
  t.equal(world.endpoint.sent, "1*0");
  world.press("*A7");
  await world.clock.advance(1);
  t.equal(world.endpoint.sent, "1*0*7");
  world.call.hangUpByCaller();
  t.equal((await world.finish()).cause, "caller-hung-up");
});

await t.test("the leave key leads to another conference", async (t) => {
  const world = await talking(t, {
    conferences: [fakeConference("54321"), fakeConference("777", "bbb2")],
    typing: ["54321", "777"],
  });
  world.press("*#");
  await world.clock.advance(10_000);
  t.equal(world.endpoint.left, 1);
  t.equal(world.endpoint.sent, "");
  t.strictSame(world.stages, [
    "ringing",
    "greeting",
    "asking",
    "looking-up",
    "joining",
    "talking",
    "asking",
    "looking-up",
    "joining",
    "talking",
  ]);
  t.strictSame(world.endpoint.heard, ["de:welcome de:enter-pin en:language-switch", "de:enter-pin"]);
  t.strictSame(
    world.endpoint.targets.map(({ node }) => node.name),
    ["bbb1", "bbb2"],
  );
  t.equal(world.occupancy.conferences, 1);
  world.call.hangUpByCaller();
  t.match(await world.finish(), { cause: "caller-hung-up", joins: 2, server: "bbb2" });
});

await t.test("after leaving, silence is prompted as often as in the greeting", async (t) => {
  const world = await talking(t);
  world.press("*#");
  const report = await world.finish();
  t.equal(report.cause, "no-input");
  t.strictSame(world.endpoint.heard.slice(1), [
    "de:enter-pin",
    "de:pin-silence de:enter-pin",
    "de:pin-silence de:enter-pin",
    "de:no-input-goodbye",
  ]);
});

await t.test("leave key off: no key leaves", async (t) => {
  const world = await talking(t, { settings: { ...someSettings, leaveKey: undefined } });
  world.press("*#");
  await world.clock.advance(10);
  t.equal(world.endpoint.sent, "*#");
  t.equal(world.stages.at(-1), "talking");
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("the rest of a PIN is not sent to the conference", async (t) => {
  const world = await talking(t, { typing: ["54321098"], bridgeMs: 3_000 });
  t.equal(world.endpoint.sent, "", "three digits too many");
  world.press("#0");
  await world.clock.advance(1);
  t.equal(world.endpoint.sent, "0", "the # after them comes late");
  world.press("#0");
  await world.clock.advance(1);
  t.equal(world.endpoint.sent, "0#0", "only that one");
  world.call.hangUpByCaller();
  await world.finish();
});

/** A call that begins to join at 2 s, and is in the conference at 16 s. */
async function joining(t: Test): Promise<CallHarness> {
  return await inStage(t, "joining", 5_000, { bridgeMs: 14_000 });
}

await t.test("keys pressed while joining are sent once the conference hears the caller", async (t) => {
  const world = await joining(t);
  world.press("10*6");
  await world.clock.advance(5_000);
  world.press("2");
  await world.clock.advance(5_000);
  t.equal(world.endpoint.sent, "");
  await world.clock.advance(2_000);
  t.equal(world.stages.at(-1), "talking");
  t.equal(world.endpoint.sent, "1002");
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("keys pressed at once when the conference hears the caller are sent", async (t) => {
  const world = await inStage(t, "talking", 2_000, { typing: ["54321"], bridgeMs: 1 });
  t.equal(world.endpoint.sent, "");
  world.press("0#");
  await world.clock.advance(1);
  t.equal(world.endpoint.sent, "0#", "without a pause after the PIN");
  world.call.hangUpByCaller();
  await world.finish();
});

await t.test("the leave key pressed while joining leads out of the conference", async (t) => {
  const world = await joining(t);
  world.press("1*#");
  await world.clock.advance(12_000);
  t.equal(world.endpoint.left, 1);
  t.equal(world.endpoint.sent, "1", "and is not sent");
  t.match(await world.finish(), { cause: "no-input", joins: 1 });
});

await t.test("a flood of keys takes bounded memory and does not outlast the call", async (t) => {
  const world = await talking(t, { talkMs: "never", settings: { ...someSettings, maxDurationMs: 60_000 } });
  world.press("1".repeat(100_000));
  await world.clock.advance(1);
  t.equal(world.endpoint.sent.length, 64);
  const report = await world.finish();
  t.equal(report.cause, "max-duration");
});
