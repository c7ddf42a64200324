import { setTimeout } from "node:timers/promises";

import t from "tap";

import { untilHeard } from "./support/hearing.js";
import { talk, Tones } from "./support/talk.js";
import { conferences, withCalls, World } from "./support/world.js";

const caller = "+4915223125678";
const [{ pin }] = conferences;
/** Longer than RTP may be absent otherwise. */
const longerThanTimeoutMs = 7_000;
/** Three times as long as RTP may be absent otherwise. */
const silenceMs = 15_000;

await t.test("a caller on hold who sends no RTP", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t, { settings: withCalls({ media_timeout: "5s" }) });
  const phone = await world.phone();

  await t.test("in the conference: a long hold, and resume", async (t) => {
    const there = await talk(world, phone, { number: caller });
    const { call } = there;
    const tones = new Tones(world, there);
    await tones.bothWays(t, "at first");
    t.match(await call.hold(), { ok: true });
    call.stopRtp();
    await setTimeout(silenceMs);
    t.match(await call.resume(), { ok: true }, "the call is still there");
    call.resumeRtp();
    await tones.bothWays(t, "after hold and resume");
    const report = world.reports.next("the call's report", () => true);
    call.stopRtp();
    t.match(await report, { cause: "media-lost" }, "without a hold RTP must not stay away");
  });

  await t.test("at the prompt for a PIN", async (t) => {
    const call = await phone.dial({ ...world.line(), number: caller });
    call.audio.listenForPrompts(world.prompts);
    t.ok((await call.answered).ok);
    await untilHeard(world, call, "de/welcome");
    t.match(await call.renegotiate("inactive"), { ok: true });
    call.stopRtp();
    await setTimeout(silenceMs);
    t.match(await call.resume(), { ok: true }, "the call is still there");
    call.resumeRtp();
    const arrival = world.bbbs[0].waitForMember(pin, 20_000);
    await call.sendDigits(pin);
    t.match(await arrival, { name: "5678" }, "and the PIN leads into the conference");
    await call.hangUp();
  });

  await t.test("while joining the conference", async (t) => {
    const [bbb] = world.bbbs;
    const call = await phone.dial({ ...world.line(), number: caller });
    call.audio.listenForPrompts(world.prompts);
    t.ok((await call.answered).ok);
    await untilHeard(world, call, "de/welcome");
    // The BBB server has no free session until the caller is on hold.
    bbb.voice.sessionsPerSecond = 0;
    const joining = world.stages.next("stage joining", ({ stage }) => stage === "joining");
    const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking");
    const arrival = bbb.waitForMember(pin, 20_000);
    await call.sendDigits(pin);
    await joining;
    t.match(await call.hold(), { ok: true });
    call.stopRtp();
    bbb.voice.sessionsPerSecond = 30;
    const [member] = await Promise.all([arrival, talking]);
    if (member === undefined) throw new Error("no member joined");
    await setTimeout(longerThanTimeoutMs);
    t.match(await call.resume(), { ok: true }, "the call is still there");
    call.resumeRtp();
    await new Tones(world, { call, member }).bothWays(t, "after the resume");
    const report = world.reports.next("the call's report", () => true);
    await call.hangUp();
    t.match(await report, { joins: 1 }, "with one leg");
  });

  await t.test("muted by SDP while joining the conference", async (t) => {
    const call = await phone.dial({ ...world.line(), number: caller });
    call.audio.listenForPrompts(world.prompts);
    t.ok((await call.answered).ok);
    await untilHeard(world, call, "de/welcome");
    t.match(await call.renegotiate("recvonly"), { ok: true });
    const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking");
    const arrival = world.bbbs[0].waitForMember(pin, 20_000);
    await call.sendDigits(pin, { method: "info" });
    const [member] = await Promise.all([arrival, talking]);
    if (member === undefined) throw new Error("no member joined");
    t.match(await call.renegotiate("sendrecv"), { ok: true });
    await new Tones(world, { call, member }).bothWays(t, "after the mute");
    await call.hangUp();
  });

  await t.test("an INVITE that is on hold from the start", async (t) => {
    const ways: readonly (readonly [string, string, (sdp: string) => string])[] = [
      ["sendonly", "+4915223125691", (sdp) => sdp.replace("a=sendrecv", "a=sendonly")],
      ["inactive", "+4915223125692", (sdp) => sdp.replace("a=sendrecv", "a=inactive")],
      ["0.0.0.0", "+4915223125693", (sdp) => sdp.replace(/^c=IN IP4 \S+/m, "c=IN IP4 0.0.0.0")],
    ];
    const held = await Promise.all(
      ways.map(async ([name, number, putOnHold]) => {
        let offers = 0;
        const call = await phone.dial({
          uri: world.sipUri(),
          number,
          rewriteOffer: (sdp) => (offers++ === 0 ? putOnHold(sdp) : sdp),
        });
        call.audio.listenForPrompts(world.prompts);
        t.ok((await call.answered).ok, name);
        call.stopRtp();
        return { name, call };
      }),
    );
    await setTimeout(longerThanTimeoutMs);
    for (const { name, call } of held) {
      t.equal(call.audio.stats.packetsIn, 0, `${name}: nothing is sent into the hold`);
      t.match(await call.resume(), { ok: true }, `${name}: the call is still there`);
      call.resumeRtp();
      await untilHeard(world, call, "de/welcome");
    }
    const [{ call }, ...others] = held as [(typeof held)[number], ...typeof held];
    const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking");
    const arrival = world.bbbs[0].waitForMember(pin, 20_000);
    await call.sendDigits(pin);
    const [member] = await Promise.all([arrival, talking]);
    if (member === undefined) throw new Error("no member joined");
    await new Tones(world, { call, member }).bothWays(t, "after the resume");
    await Promise.all([call, ...others.map((other) => other.call)].map(async (each) => await each.hangUp()));
  });

  t.strictSame(world.complaints([caller.slice(3)]), [], "no bug and no number in the log");
});
