import { setTimeout } from "node:timers/promises";

import t from "tap";

import { timeoutMs } from "../support/deadline.js";
import { startEngines } from "./support/engines.js";
import { talk, Tones } from "./support/talk.js";
import { conferences, World } from "./support/world.js";

const [{ pin }] = conferences;
const bbbMediaTimeoutSec = 4;
/** 1.5 times as long as RTP from BBB may be absent without a hold. */
const heldMs = 6_000;

await t.test("BBB's FreeSWITCH puts a caller on hold and sends no RTP", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t, {
    engines: async (certificates, soundsDirectory) =>
      await startEngines(certificates, soundsDirectory, { bbbMediaTimeoutSec }),
  });
  const [bbb] = world.bbbs;
  const phone = await world.phone();

  await t.test("the caller hears music, stays in the conference, and can talk after the resume", async (t) => {
    const there = await talk(world, phone, { number: "+4915223125681" });
    const { call, member } = there;
    const tones = new Tones(world, there);
    await tones.bothWays(t, "at first");
    t.ok(await bbb.hold(member.memberId, true), "the hold is taken");
    t.ok(await call.audio.waitForSound(timeoutMs), "there is music");
    const heard = call.audio.recording.durationMs;
    await setTimeout(heldMs);
    t.ok(call.audio.recording.durationMs - heard > heldMs / 2, "RTP goes to the caller all the time");
    t.match(bbb.members(pin), [{ memberId: member.memberId }], "the leg is still there");
    t.ok(await bbb.hold(member.memberId, false), "the resume is taken");
    await tones.bothWays(t, "after hold and resume");
    await call.sendDigits("1");
    t.ok(await bbb.waitForDigits(member.memberId, "1", timeoutMs), "keys reach the conference again");
    await call.hangUp();
  });

  await t.test("the caller hangs up on hold", async (t) => {
    const { call, member } = await talk(world, phone, { number: "+4915223125682" });
    t.ok(await bbb.hold(member.memberId, true));
    t.ok(await call.audio.waitForSound(timeoutMs));
    const report = world.reports.next("the call's report", () => true);
    await call.hangUp();
    t.match(await report, { cause: "caller-hung-up" });
    t.ok(await bbb.waitForLeave(member.memberId, timeoutMs), "the conference loses the member");
  });

  // If a leg ends on hold, FreeSWITCH also ends the caller's leg (switch_ivr_bridge.c, the end of audio_bridge_thread).
  await t.test("BBB ends the leg on hold: the call ends, and nothing is leaked", async (t) => {
    const { call, member } = await talk(world, phone, { number: "+4915223125683" });
    t.ok(await bbb.hold(member.memberId, true));
    t.ok(await call.audio.waitForSound(timeoutMs));
    const report = world.reports.next("the call's report", () => true);
    await bbb.kick(member.memberId);
    t.match(await call.ended, { by: "remote" });
    t.match(await report, { cause: "channel-ended" });
  });
});
