import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import type { MemberInfo } from "../../src/simulators/bbb/member.js";
import { inTime, timeoutMs } from "../support/deadline.js";
import type { Caller } from "./support/parts/caller.js";
import { PartsWorld } from "./support/parts/parts-world.js";
import { Tones } from "./support/talk.js";
import { conferences } from "./support/world.js";

const [here] = conferences;
/** The numbers' last four digits are the names in the conference. */
const numberOf = (name: string): string => `+491522312${name}`;
const webTone = 440;
/** Time in which a call is on another media server, milliseconds. */
const maxSilenceMs = 3_000;
/** All calls of one media server, and how many dial at a time. The simulators share the processors with the phones. */
const many = process.env["EINWAHL_TEST_ENGINES"] === "real" ? 50 : 20;
const atATime = 5;

/** Of a media server that has ended: the node and drachtio have not had each BYE of it. */
const ofDeadServer = /^bbb-1\.|^drachtio\.(?:dialogs|transactions)$/;

t.setTimeout(300_000);

/** Waits until einwahl reports these states of the media servers. */
async function untilMedia(parts: PartsWorld, states: readonly string[]): Promise<readonly string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { mediaServers } = await parts.einwahl.status();
    const now = mediaServers.map(({ state }) => state);
    if (JSON.stringify(now) === JSON.stringify(states) || performance.now() > deadline) return now;
    await setTimeout(100);
  }
}

/** Waits until einwahl has this number of calls; how many it has. */
async function untilCalls(parts: PartsWorld, count: number): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { calls } = await parts.einwahl.status();
    if (calls.now === count || performance.now() > deadline) return calls.now;
    await setTimeout(100);
  }
}

/** All calls are on the first media server: the second one starts when they are up. */
async function withCallsOnTheFirst<Calls>(parts: PartsWorld, call: () => Promise<Calls>): Promise<Calls> {
  const [, second] = parts.engines.media;
  await second?.end("SIGKILL");
  await untilMedia(parts, ["up", "down"]);
  const calls = await call();
  await second?.start();
  await untilMedia(parts, ["up", "up"]);
  return calls;
}

/** Asserts that both ends hear each other again within the limit. */
function wasShort(t: Test, caller: Caller, fromMs: number): void {
  for (const [who, recorder] of [
    ["the caller", caller.hears],
    ["the conference", caller.says],
  ] as const) {
    const [gap, silence] = [recorder?.longest("gap", fromMs), recorder?.longest("silence", fromMs)];
    t.ok(gap !== undefined && gap < maxSilenceMs, `${who}: ${String(gap)} ms without packets`);
    t.ok(silence !== undefined && silence < maxSilenceMs, `${who}: ${String(silence)} ms of silence`);
  }
}

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  await t.test(`one of two media servers ends (${signal}): the calls move to the other one`, async (t) => {
    const parts = await PartsWorld.start(t, { mediaServers: 2 });
    const { world } = parts;
    world.expectedLeftovers = ofDeadServer;
    const [bbb] = world.bbbs;
    const [first] = parts.engines.media;
    const evening = await parts.reserve("Evening class");
    bbb.playTone(here.pin, webTone);

    const { talking, waiting, typing } = await withCallsOnTheFirst(parts, async () => {
      const talking = [];
      for (const name of ["5001", "5002", "5003"]) talking.push(await parts.talk(numberOf(name), here.pin, bbb));
      const waiting = await parts.dial(numberOf("5005"));
      await waiting.greeted();
      const from = waiting.hears.heardMs;
      await waiting.call.sendDigits(`${evening}#`);
      t.ok(await waiting.hearsPrompt("de/not-started", timeoutMs, from), "one caller waits");
      const typing = await parts.dial(numberOf("5006"));
      await typing.greeted();
      return { talking, waiting, typing };
    });
    for (const [index, { call }] of talking.entries()) call.playTone(700 + 200 * index, 0.1);
    await setTimeout(1_000);

    const calmMs = performance.now() - 500;
    const [waitingFrom, typingFrom] = [waiting.hears.heardMs, typing.hears.heardMs];
    await first?.end(signal);
    await setTimeout(4_000);

    await t.test("talking", async (t) => {
      for (const caller of talking) wasShort(t, caller, calmMs);
      const [keys] = talking;
      const member = keys?.members(bbb).at(-1);
      if (keys === undefined || member === undefined) throw new Error("no member");
      await new Tones(world, { call: keys.call, member }, bbb).bothWays(t, "on the other media server");
      bbb.playTone(here.pin, webTone);
      await keys.call.sendDigits("1");
      t.equal(await bbb.waitForDigits(member.memberId, "1", timeoutMs), "1", "BBB's keys reach BBB");
    });

    await t.test("waiting", async (t) => {
      t.ok(
        await waiting.hearsPrompt("de/waiting", timeoutMs, waitingFrom),
        "is told that the conference has not begun",
      );
      const silence = waiting.hears.longest("silence", calmMs);
      t.ok(silence < maxSilenceMs, `${silence} ms of silence`);
      bbb.createMeeting({ meetingID: "Evening class", name: "Evening class", voiceBridge: evening });
      t.match(await waiting.arrival(evening, bbb), { name: waiting.name });
      await waiting.hangUp();
    });

    await t.test("in the dialogue", async (t) => {
      t.ok(await typing.hearsPrompt("de/enter-pin", timeoutMs, typingFrom), "is asked again");
      t.match(await typing.join(here.pin, bbb), { name: typing.name });
      await typing.hangUp();
    });

    for (const caller of talking) await caller.hangUp();
    t.equal(await untilCalls(parts, 0), 0, "einwahl has no calls");
    bbb.stopTone(here.pin);
    t.strictSame(world.complaints([here.pin, evening, ...talking.map(({ name }) => numberOf(name).slice(3))]), []);
  });
}

await t.test(`${many} calls of a media server that dies are on the other one within 3 s`, async (t) => {
  const parts = await PartsWorld.start(t, { mediaServers: 2, maxCalls: many + 10 });
  const { world } = parts;
  world.expectedLeftovers = ofDeadServer;
  const [bbb] = world.bbbs;
  const [first] = parts.engines.media;
  bbb.playTone(here.pin, webTone);
  const callers = await withCallsOnTheFirst(parts, async () => {
    const all: Caller[] = [];
    for (let from = 0; from < many; from += atATime) {
      const names = Array.from({ length: Math.min(atATime, many - from) }, (_, at) => String(5100 + from + at));
      const some = names.map((name) => parts.talk(numberOf(name), here.pin, bbb, { recognises: false }));
      all.push(...(await Promise.all(some)));
    }
    return all;
  });
  for (const { call } of callers) call.playTone(700, 0.1);
  await setTimeout(1_000);
  const calmMs = performance.now() - 500;
  await first?.end("SIGKILL");
  await setTimeout(6_000);
  t.equal(await untilCalls(parts, many), many, "no call has ended");
  for (const [who, silences] of [
    ["callers", callers.map(({ hears }) => hears.longest("silence", calmMs))],
    ["conference", callers.map(({ says }) => says?.longest("silence", calmMs) ?? Infinity)],
  ] as const) {
    const sorted = [...silences].sort((a, b) => a - b);
    t.ok((sorted.at(-1) ?? Infinity) < maxSilenceMs, `${who}: ${sorted.join(" ")} ms of silence`);
  }
  await Promise.all(callers.map((caller) => caller.hangUp()));
  t.equal(await untilCalls(parts, 0), 0);
});

await t.test("the only media server is restarted: the calls are back on it", async (t) => {
  const parts = await PartsWorld.start(t);
  const { world } = parts;
  const [bbb] = world.bbbs;
  const [only] = parts.engines.media;
  world.expectedLeftovers = ofDeadServer;
  bbb.playTone(here.pin, webTone);
  const caller = await parts.talk(numberOf("5001"), here.pin, bbb);
  const arrival = new Promise<MemberInfo>((resolve) => {
    const off = bbb.onJoin((member) => {
      off();
      resolve(member);
    });
  });
  const endedAt = performance.now();
  if (only !== undefined) await parts.update(only, "SIGKILL");
  const startedMs = Math.round(performance.now() - endedAt);
  const member = await inTime("the caller is back", arrival, timeoutMs, () => caller.evidence());
  const backMs = Math.round(performance.now() - endedAt);
  t.comment(`started after ${startedMs} ms, the caller is back after ${backMs} ms`);
  await new Tones(world, { call: caller.call, member }, bbb).bothWays(t, "after the restart");
  await caller.hangUp();
  t.equal(await untilCalls(parts, 0), 0);
});

await t.test("a caller who refuses the re-INVITE: the call ends with its cause", async (t) => {
  const parts = await PartsWorld.start(t, { mediaServers: 2 });
  const { world } = parts;
  const [bbb] = world.bbbs;
  const [first] = parts.engines.media;
  world.expectedLeftovers = ofDeadServer;
  const caller = await withCallsOnTheFirst(parts, async () => await parts.talk(numberOf("5001"), here.pin, bbb));
  caller.call.refusesOffers = true;
  await first?.end("SIGKILL");
  t.match(await caller.call.ended, { by: "remote", reason: 'Q.850;cause=41;text="media-server-lost"' });
  t.equal(await untilCalls(parts, 0), 0);
});
