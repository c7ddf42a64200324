import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import { timeoutMs } from "../support/deadline.js";
import { missingPrograms } from "./support/missing-programs.js";
import type { Caller } from "./support/parts/caller.js";
import { PartsWorld } from "./support/parts/parts-world.js";
import { Tones } from "./support/talk.js";
import { conferences, withCalls } from "./support/world.js";

const [here, elsewhere] = conferences;
/** The numbers' last four digits are the names in the conference. */
const numberOf = (name: string): string => `+491522312${name}`;
const webTone = 440;
const isReal = process.env["EINWAHL_TEST_ENGINES"] === "real";
/** Milliseconds. The simulators share two processors with an einwahl that starts. */
const maxGapMs = isReal ? 100 : 250;
/** Prompts that ask for a PIN. */
const asking = ["de/welcome", "de/enter-pin", "de/pin-restart", "de/pin-silence"];
/** A prompt or the music, milliseconds. */
const longestSoundMs = 15_000;
const maxDurationMs = 60_000;

t.setTimeout(300_000);

/** Waits until einwahl reports this number of calls. */
async function untilCalls(parts: PartsWorld, count: number): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { calls } = await parts.einwahl.status();
    if (calls.now === count || performance.now() > deadline) return calls.now;
    await setTimeout(100);
  }
}

/** Waits until the caller is asked for a PIN, from now on. */
async function isAsked(caller: Caller, fromMs: number): Promise<boolean> {
  const heard = await Promise.any(
    asking.map(async (prompt) => {
      const at = await caller.hearsPrompt(prompt, timeoutMs, fromMs);
      if (at === undefined) throw new Error(prompt);
      return at;
    }),
  ).catch(() => undefined);
  return heard !== undefined;
}

/** Asserts that nothing was missing at either end since `fromMs`. */
function wasNotCutOff(t: Test, caller: Caller, fromMs: number): void {
  for (const [who, recorder] of [
    ["the caller", caller.hears],
    ["the conference", caller.says],
  ] as const) {
    const gap = recorder?.longest("gap", fromMs);
    t.ok(gap !== undefined && gap < maxGapMs, `${who} gets packets: ${String(gap)} ms without`);
    const silence = recorder?.longest("silence", fromMs);
    t.ok(silence !== undefined && silence < 2 * maxGapMs, `${who} hears the other end: ${String(silence)} ms without`);
  }
}

await t.test("einwahl is killed and comes back: it takes its calls over", { skip: missingPrograms() }, async (t) => {
  const parts = await PartsWorld.start(t, { settings: withCalls({ max_duration: "1m" }) });
  const { world, einwahl } = parts;
  const [bbb, other] = world.bbbs;
  const evening = await parts.reserve("Evening class");
  other.playTone(elsewhere.pin, webTone);
  bbb.playTone(here.pin, webTone);
  const idle = await world.counts();

  const longest = await parts.talk(numberOf("5004"), elsewhere.pin, other);
  const answeredAt = performance.now();
  const [keys, ended, hangsUp] = [
    await parts.talk(numberOf("5001"), here.pin, bbb),
    await parts.talk(numberOf("5002"), here.pin, bbb),
    await parts.talk(numberOf("5003"), elsewhere.pin, other),
  ];
  const talking = [keys, ended, hangsUp, longest];
  const waiting = await parts.dial(numberOf("5005"));
  await waiting.greeted();
  await waiting.waitFor(evening);
  const typing = await parts.dial(numberOf("5006"));
  const greeted = await parts.dial(numberOf("5007"));
  await Promise.all([typing.greeted(), greeted.greeted()]);
  await typing.call.sendDigits(here.pin.slice(0, 2));
  for (const [index, { call }] of talking.entries()) call.playTone(700 + 200 * index, 0.1);
  await setTimeout(1_000);

  const calmMs = performance.now() - 500;
  const marks = new Map([waiting, typing, greeted].map((caller) => [caller, caller.hears.heardMs]));
  const killedAt = performance.now();
  const told = [typing, greeted].map(async (caller) => await caller.hearsPrompt("de/please-wait", longestSoundMs));
  await einwahl.end("SIGKILL");
  await Promise.all([setTimeout(3_000), ...told]);
  await einwahl.start();
  const backAt = performance.now();

  await t.test("in the dialogue", async (t) => {
    for (const [index, caller] of [typing, greeted].entries()) {
      const at = await told[index];
      const afterMs = at === undefined ? undefined : Math.round(at - killedAt);
      t.ok(afterMs, `${caller.name} is asked to wait after ${String(afterMs)} ms`);
      // What plays at that moment is played to its end.
      const silence = caller.hears.pauses("silence", killedAt).filter(({ atMs }) => atMs < (at ?? Infinity));
      const silentMs = Math.round(silence.reduce((longest, { ms }) => Math.max(longest, ms), 0));
      t.ok(silentMs < 2_000, `silence of ${silentMs} ms until then`);
      t.ok(await isAsked(caller, caller.hears.heardMs), "is asked for the PIN again");
    }
    const joined = await Promise.all([typing, greeted].map((caller) => caller.join(here.pin, bbb)));
    t.match(joined, [{ name: typing.name }, { name: greeted.name }], "in the conference");
    for (const caller of [typing, greeted]) await caller.hangUp();
  });

  t.equal(await untilCalls(parts, talking.length + 1), talking.length + 1, "einwahl counts the calls");
  t.comment(`${Math.round(performance.now() - backAt)} ms after it was ready`);

  await t.test("talking: nothing is heard of it, at either end", (t) => {
    for (const caller of talking) wasNotCutOff(t, caller, calmMs);
    t.end();
  });

  await t.test("waiting: goes on waiting, and joins without typing", async (t) => {
    const from = marks.get(waiting) ?? 0;
    t.ok(
      waiting.hears.longest("silence", killedAt) < 3_000,
      `silence: ${waiting.hears.longest("silence", killedAt)} ms`,
    );
    bbb.createMeeting({ meetingID: "Evening class", name: "Evening class", voiceBridge: evening });
    t.match(await waiting.arrival(evening, bbb), { name: waiting.name });
    t.notOk(
      waiting.prompts(waiting.hears.timeOf(from)).some(({ name }) => asking.includes(name)),
      "was not asked again",
    );
    await waiting.hangUp();
  });

  await t.test("talking: keys", async (t) => {
    const [member] = keys.members(bbb);
    if (member === undefined) throw new Error(keys.evidence());
    await new Tones(world, { call: keys.call, member }, bbb).bothWays(t, "after the take-over");
    bbb.playTone(here.pin, webTone);
    await keys.call.sendDigits("1");
    t.equal(await bbb.waitForDigits(member.memberId, "1", timeoutMs), "1", "BBB's keys reach BBB");
    const from = keys.hears.heardMs;
    await keys.call.sendDigits("*#");
    t.ok(await bbb.waitForLeave(member.memberId, timeoutMs), "the leave key leaves");
    t.ok(await isAsked(keys, from), "and leads to another PIN");
    t.match(await keys.join(elsewhere.pin, other), { name: keys.name }, "and to another conference");
    await keys.hangUp();
  });

  await t.test("talking: the caller hangs up", async (t) => {
    const [member] = hangsUp.members(other);
    await hangsUp.hangUp();
    t.ok(await other.waitForLeave(member?.memberId ?? "", 10_000), "the conference has lost the caller within 10 s");
    t.equal(await untilCalls(parts, 2), 2, "so has einwahl");
  });

  await t.test("talking: the conference ends", async (t) => {
    const from = ended.hears.heardMs;
    await bbb.endMeeting(here.name);
    t.ok(await ended.hearsPrompt("de/conference-ended", timeoutMs, from), "the caller is told");
    t.ok(await isAsked(ended, from), "and asked for another PIN");
    t.match(await ended.join(elsewhere.pin, other), { name: ended.name }, "in another conference");
    await ended.hangUp();
  });

  // The least maximum is a minute: too long for each run of all tests.
  const skip = isReal ? false : "only on the real engines";
  await t.test("talking: until the maximum duration, counted from the answer", { skip }, async (t) => {
    const restMs = answeredAt + maxDurationMs - performance.now();
    t.ok(await longest.hearsPrompt("de/max-duration", restMs + timeoutMs), "the caller is told");
    const afterMs = Math.round(performance.now() - answeredAt);
    t.ok(afterMs < maxDurationMs + 5_000, `after ${afterMs} ms`);
    t.match(await longest.call.ended, { by: "remote", reason: /text="max-duration"/ });
  });

  if (longest.end === undefined) await longest.hangUp();
  other.stopTone(elsewhere.pin);
  t.strictSame(await world.leftBehind(idle, { ms: 10_000 }), {}, "nothing is left");
  t.strictSame(world.complaints([here.pin, evening, ...talking.map(({ name }) => numberOf(name).slice(3))]), []);
});
