import t, { type Test } from "tap";

import type { MemberInfo } from "../../src/simulators/bbb/member.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { timeoutMs } from "../support/deadline.js";
import { hears, untilHeard } from "./support/hearing.js";
import { Tones } from "./support/talk.js";
import { conferences, withCalls, withPollInterval, World } from "./support/world.js";

const caller = "+4915223125678";
const [{ pin: mainPin, name: mainRoom }, { pin: otherPin }] = conferences;
const interDigitMs = 2_000;
/** From the end of a breakout room to audio both ways in the main room, in milliseconds. */
const backTimeoutMs = 5_000;

await t.test("breakout rooms", async (t) => {
  // Polled once only: einwahl must detect breakout rooms when it needs to.
  const world = await World.start(t, {
    settings: (settings) =>
      withPollInterval("10m")(withCalls({ pin: { inter_digit_timeout: `${interDigitMs}ms` } })(settings)),
  });
  const [bbb, other] = world.bbbs;
  const phone = await world.phone();
  let sequence = 0;

  /** A new breakout room of the main room; its PIN is the main room's with one more digit, not yet known to einwahl. */
  const openBreakout = (): { readonly id: string; readonly pin: string } => {
    sequence += 1;
    const id = `breakout-${sequence}`;
    return {
      id,
      pin: bbb.createMeeting({ meetingID: id, isBreakout: true, parentMeetingID: mainRoom, sequence }).voiceBridge,
    };
  };
  const greeted = async (): Promise<PhoneCall> => {
    const call = await phone.dial({ ...world.line(), number: caller });
    call.audio.listenForPrompts(world.prompts);
    await call.answered;
    await untilHeard(world, call, "de/welcome");
    return call;
  };
  /** Joins the room directly. */
  const arrives = async (t: Test, pin: string, type: () => Promise<unknown>): Promise<MemberInfo> => {
    const entered: string[] = [];
    const off = bbb.onJoin((member) => entered.push(member.voiceBridge));
    const arrival = bbb.waitForMember(pin, timeoutMs);
    await type();
    const member = await arrival;
    off();
    if (member === undefined) throw new Error(`no member joined\n${world.tail()}`);
    t.strictSame(entered, [pin], "in this room, and in no other before");
    return member;
  };

  for (const known of ["a moment old", "known"] as const) {
    for (const { how, end, gapMs } of [
      { how: "fast", end: "", gapMs: 80 },
      { how: "fast, with #", end: "#", gapMs: 80 },
      { how: "slowly", end: "", gapMs: interDigitMs - 600 },
      { how: "slowly, with #", end: "#", gapMs: interDigitMs - 600 },
    ]) {
      await t.test(`the PIN of a breakout room that is ${known}, typed ${how}`, async (t) => {
        const room = openBreakout();
        const call = await greeted();
        if (known === "known") {
          const first = await greeted();
          const { memberId } = await arrives(t, room.pin, () => first.sendDigits(room.pin));
          await first.hangUp();
          t.ok(await bbb.waitForLeave(memberId, timeoutMs));
        }
        await arrives(t, room.pin, () => call.sendDigits(`${room.pin}${end}`, { gapMs }));
        await call.hangUp();
        await bbb.endMeeting(room.id);
      });
    }
  }

  await t.test("the PIN of the main room: at once with #, after the inter-digit timeout without", async (t) => {
    const room = openBreakout();
    const quick = await greeted();
    const typed = performance.now();
    const { memberId } = await arrives(t, mainPin, () => quick.sendDigits(`${mainPin}#`));
    const withHash = performance.now() - typed;
    await quick.hangUp();
    t.ok(await bbb.waitForLeave(memberId, timeoutMs));
    const patient = await greeted();
    const member = await arrives(t, mainPin, () => patient.sendDigits(mainPin));
    const [story] = await Promise.all([world.reports.next("the call's report", () => true), patient.hangUp()]);
    const asking = story.stages.find(({ stage }) => stage === "asking")?.ms ?? 0;
    t.ok(asking >= interDigitMs, `asking lasted ${asking} ms: another digit could have come`);
    t.comment(`with # ${Math.round(withHash)} ms from the first key to the conference`);
    t.ok(await bbb.waitForLeave(member.memberId, timeoutMs));
    await bbb.endMeeting(room.id);
  });

  await t.test("a room without breakout rooms: its PIN is complete without # and without a wait", async (t) => {
    const call = await greeted();
    const arrival = other.waitForMember(otherPin, timeoutMs);
    await call.sendDigits(otherPin);
    t.ok(await arrival);
    const [story] = await Promise.all([world.reports.next("the call's report", () => true), call.hangUp()]);
    const asking = story.stages.find(({ stage }) => stage === "asking")?.ms ?? 0;
    t.ok(asking < interDigitMs, `asking lasted ${asking} ms`);
  });

  await t.test("the breakout room ends: audio both ways in the main room, without redialling", async (t) => {
    const room = openBreakout();
    const call = await greeted();
    const report = world.reports.next("the call's report", () => true, { ms: 60_000 });
    const member = await arrives(t, room.pin, () => call.sendDigits(`${room.pin}#`));
    await new Tones(world, { call, member }, bbb).bothWays(t, "in the breakout room");

    const [up, down] = [2_000, 2_300];
    call.playTone(up);
    bbb.playTone(mainPin, down);
    const ended = performance.now();
    const both = Promise.all([
      call.audio.waitForTone(down, timeoutMs),
      bbb.waitForTone({ voiceBridge: mainPin }, up, timeoutMs),
    ]);
    await bbb.endMeeting(room.id);
    const [atCaller, atConference] = await both;
    const tookMs = performance.now() - ended;
    t.ok(atCaller, "the caller hears the main room");
    t.ok(atConference, "the main room hears the caller");
    t.ok(tookMs < backTimeoutMs, `${Math.round(tookMs)} ms after the end of the breakout room`);
    bbb.stopTone(mainPin);
    await hears(t, world, call, "de/main-room", "and has been told where it goes");
    t.notOk(call.audio.prompts().some(({ name }) => name === "de/conference-ended"));
    await call.hangUp();
    t.match(await report, { cause: "caller-hung-up", joins: 2, pinsTyped: 1 });
  });

  await t.test(
    "main room and breakout rooms end together: the caller hears a prompt and is asked for another PIN",
    async (t) => {
      const room = openBreakout();
      const call = await greeted();
      const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking", {
        evidence: () => world.tail(),
      });
      await arrives(t, room.pin, () => call.sendDigits(`${room.pin}#`));
      await talking;
      const from = call.audio.recording.durationMs;
      await bbb.endMeeting(mainRoom);
      await hears(t, world, call, "de/conference-ended", "that it is over", { fromMs: from });
      await hears(t, world, call, "de/enter-pin", "and asked for another PIN", { fromMs: from });
      const arrival = other.waitForMember(otherPin, timeoutMs);
      await call.sendDigits(`${otherPin}#`);
      t.ok(await arrival, "which leads to another conference");
      await call.hangUp();
    },
  );

  t.strictSame(world.complaints([caller.slice(3), mainPin]), [], "no bug, number or PIN in the log");
});
