import t, { type Test } from "tap";

import type { CallReport } from "../../src/call/progress.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import type { TestPhone } from "../../src/softphone/test-phone.js";
import { timeoutMs } from "../support/deadline.js";
import { untilHeard } from "./support/hearing.js";
import { talk, Tones } from "./support/talk.js";
import { conferences, numbers, World, type WorldOptions } from "./support/world.js";

const callers = ["+4915223125678", "+4915223125679"] as const;
const [{ pin }] = conferences;
/** From the caller's end to the end of the member in the conference, in milliseconds. */
const goneWithinMs = 10_000;
/** From there until everything is released; the limit of a release is 3 s. */
const releasedWithinMs = 1_500;
/** drachtio starts, einwahl connects to it and registers. */
const backWithinMs = 15_000;

interface Bench {
  readonly world: World;
  readonly phone: TestPhone;
  readonly kill: () => Promise<void>;
  readonly bringBack: () => Promise<void>;
}

/** @param back the log line after which calls come again */
async function start(owner: Test, back: string, options: WorldOptions = {}): Promise<Bench> {
  const world = await World.start(owner, options);
  return {
    world,
    phone: await world.phone(),
    kill: async () => {
      const lost = world.log.next("the loss noticed", (line) => line.includes("drachtio is not connected"));
      await world.engines.killDrachtio();
      await lost;
    },
    bringBack: async () => {
      const within = { ms: backWithinMs, evidence: () => world.tail() };
      const isBack = world.log.next(back, (line) => line.includes(back), within);
      await world.engines.restartDrachtio();
      await isBack;
    },
  };
}

function nextReport(world: World): Promise<CallReport> {
  return world.reports.next("the call's report", () => true, { ms: 60_000 });
}

/** A telephone stops its audio at once, whatever comes of its BYE. */
async function leave(call: PhoneCall): Promise<void> {
  call.stopRtp();
  await call.hangUp();
}

await t.test("drachtio is killed", { timeout: 240_000 }, async (t) => {
  const { world, phone, kill, bringBack } = await start(t, "trunk registered");
  const before = await world.counts();

  await t.test("in a conference: the call goes on, new calls come, and the caller's end is noticed", async (t) => {
    const first = await talk(world, phone, { number: callers[0] });
    const tones = new Tones(world, first);
    await kill();
    await tones.bothWays(t, "while drachtio is away");
    await bringBack();
    await tones.bothWays(t, "with the new drachtio, which does not know the call");
    const { call } = await talk(world, await world.phone(), { number: callers[1] });
    const member = world.bbbs[0].members(pin).find(({ memberId }) => memberId !== first.member.memberId);
    if (member === undefined) throw new Error(`no second member\n${world.tail()}`);
    await new Tones(world, { call, member }).bothWays(t, "in a new call");
    const firstReport = nextReport(world);
    const since = performance.now();
    await leave(first.call);
    t.ok(await world.bbbs[0].waitForLeave(first.member.memberId, goneWithinMs), "the first caller's member leaves");
    t.comment(`${((performance.now() - since) / 1_000).toFixed(1)} s`);
    t.match(await firstReport, { cause: "signalling-lost" });
    const secondReport = nextReport(world);
    await call.hangUp();
    t.match(await secondReport, { cause: "caller-hung-up" }, "the second call has its signalling");
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  });

  await t.test("the caller hangs up while drachtio is away", async (t) => {
    const { call, member } = await talk(world, phone, { number: callers[0] });
    await kill();
    const report = nextReport(world);
    const since = performance.now();
    const hangingUp = leave(call);
    t.ok(await world.bbbs[0].waitForLeave(member.memberId, goneWithinMs), "the member leaves");
    const left = performance.now();
    t.comment(`${((left - since) / 1_000).toFixed(1)} s`);
    t.match(await report, { cause: "signalling-lost" });
    t.ok(performance.now() - left < releasedWithinMs, "no wait for a BYE that can't come");
    await bringBack();
    await hangingUp;
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  });

  await t.test("in the dialogue: the caller joins, and einwahl ends the call without signalling", async (t) => {
    const call = await phone.dial({ ...world.line(), number: callers[0] });
    call.audio.listenForPrompts(world.prompts);
    await call.answered;
    await kill();
    await untilHeard(world, call, "de/welcome");
    const arrival = world.bbbs[0].waitForMember(pin, timeoutMs);
    await call.sendDigits(pin);
    const member = await arrival;
    if (member === undefined) throw new Error(`no member joined\n${world.tail()}`);
    await bringBack();
    await new Tones(world, { call, member }).bothWays(t, "after the join");
    const report = nextReport(world);
    const ending = world.stages.next("stage ending", ({ stage }) => stage === "ending", { ms: 60_000 });
    await world.bbbs[0].kick(member.memberId);
    await ending;
    const since = performance.now();
    t.match(await report, { cause: "removed" });
    const ms = Math.round(performance.now() - since);
    t.ok(ms < releasedWithinMs, `released after ${ms} ms`);
    await call.hangUp();
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  });

  await t.test("a caller who waits for the start of the conference hears music meanwhile, and joins", async (t) => {
    const store = await world.einwahl.pins?.openRooms();
    const reserved = store?.ok === true ? await store.value.reserve("evening-class", "as-it-is") : undefined;
    if (reserved?.ok !== true) throw new Error("no PIN");
    const room = reserved.value.reservation.pin.reveal();
    const call = await phone.dial({ ...world.line(), number: callers[0] });
    call.audio.listenForPrompts(world.prompts);
    await call.answered;
    await untilHeard(world, call, "de/welcome");
    await call.sendDigits(`${room}#`);
    await untilHeard(world, call, "de/not-started");
    await kill();
    t.ok(await call.audio.waitForSound(timeoutMs), "there is sound");
    await bringBack();
    const arrival = world.bbbs[0].waitForMember(room, timeoutMs);
    world.bbbs[0].createMeeting({ meetingID: "evening-class", voiceBridge: room });
    const member = await arrival;
    if (member === undefined) throw new Error(`no member joined\n${world.tail()}`);
    await new Tones(world, { call, member }).bothWays(t, "after the start");
    const report = nextReport(world);
    await world.bbbs[0].endMeeting("evening-class");
    t.match(await report, { cause: "conference-ended" });
    await call.hangUp();
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  });

  t.strictSame(world.complaints(callers.map((caller) => caller.slice(3))), [], "no bug and no number in the log");
});

await t.test("a caller whose requests still reach the new drachtio", { timeout: 120_000 }, async (t) => {
  const options: WorldOptions = { line: "straight", trunk: { allow_unencrypted: true } };
  const { world, kill, bringBack } = await start(t, "connected to drachtio", options);
  const phone = await world.phone({ transport: "udp" });
  const talking = await talk(world, phone, {
    number: callers[0],
    uri: world.sipUri(numbers.german, "udp"),
    srtp: "none",
  });
  const { call, member } = talking;
  await kill();
  await bringBack();
  await new Tones(world, talking).bothWays(t, "with the new drachtio");
  t.ok(await call.sendDigits("1", { method: "info" }), "an INFO is answered: a 481 would end the call");
  const report = nextReport(world);
  await leave(call);
  t.ok(await world.bbbs[0].waitForLeave(member.memberId, goneWithinMs), "the BYE gets a 481, and the audio stops");
  t.match(await report, { cause: "signalling-lost" });
});
