import { setTimeout } from "node:timers/promises";

import t from "tap";

import { timeoutMs } from "../support/deadline.js";
import { talk, Tones } from "./support/talk.js";
import { conferences, numbers, World } from "./support/world.js";

const caller = "+4915223125678";
const onHold = "+4915223125679";
const { pin } = conferences[0];
/** A restart of BBB's FreeSWITCH takes about 10 s; shorter here, to test the second and third attempt. */
const restartMs = 4_000;

await t.test("rules of BBB", async (t) => {
  const world = await World.start(t);
  const [bbb] = world.bbbs;
  const phone = await world.phone();

  await t.test("a caller without a number joins, also in English", async (t) => {
    const { call, member } = await talk(world, phone, {
      ...world.line(numbers.english),
      number: "anonymous",
      greeting: "en/welcome",
    });
    t.equal(member.name, "No number");
    await call.hangUp();
  });

  await t.test("its FreeSWITCH restarts: the caller returns, and does not count as removed", async (t) => {
    const there = await talk(world, phone, { number: caller });
    const held = await talk(world, phone, { number: onHold });
    t.match(await held.call.hold(), { ok: true });
    held.call.stopRtp();
    await bbb.stopFreeswitch();
    const again = [bbb.waitForMember(pin, timeoutMs, "5678"), bbb.waitForMember(pin, timeoutMs, "5679")] as const;
    await setTimeout(restartMs);
    await bbb.voice.up();
    const [member, heldMember] = await Promise.all(again);
    if (member === undefined || heldMember === undefined) throw new Error(`not both came back\n${world.tail()}`);
    await new Tones(world, { call: there.call, member }).bothWays(t, "after the restart");
    t.match(await held.call.resume(), { ok: true }, "a caller who was on hold is still there");
    held.call.resumeRtp();
    await new Tones(world, { call: held.call, member: heldMember }).bothWays(t, "after the restart and the hold");
    const removed = world.reports.next("the call's report", ({ cause }) => cause === "removed", { ms: timeoutMs });
    await bbb.kick(member.memberId);
    t.match(await removed, { joins: 2 }, "a removal stays one");
    const hungUp = world.reports.next("the call's report", ({ cause }) => cause === "caller-hung-up", {
      ms: timeoutMs,
    });
    await held.call.hangUp();
    t.match(await hungUp, { joins: 2 }, "back with one more leg");
  });

  await t.test("no session is free in this second: a later attempt succeeds", async (t) => {
    bbb.voice.sessionsPerSecond = 0;
    const arrival = bbb.waitForMember(pin, timeoutMs);
    const refused = bbb.voice.refused;
    const off = setInterval(() => {
      if (bbb.voice.refused > refused) bbb.voice.sessionsPerSecond = 30;
    }, 20);
    t.teardown(() => {
      clearInterval(off);
    });
    const report = world.reports.next("the call's report", () => true, { ms: timeoutMs });
    const { call } = await talk(world, phone, { number: caller });
    t.ok(await arrival);
    await call.hangUp();
    t.match(await report, { cause: "caller-hung-up", joins: 1, lookups: ["open"] });
  });
});
