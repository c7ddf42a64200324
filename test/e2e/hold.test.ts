import { setTimeout } from "node:timers/promises";
import t from "tap";
import { untilHeard } from "./support/hearing.js";
import { Tones, talk } from "./support/talk.js";
import { World, conferences, withCalls } from "./support/world.js";

const caller = "+4915223125678";
const [{ pin }] = conferences;
/** Three times as long as RTP may stay away otherwise. */
const silenceMs = 15_000;

await t.test("a caller on hold who sends no RTP", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t, { settings: withCalls({ media_timeout: "5s" }) });
  const phone = await world.phone();
  const before = await world.counts();

  await t.test("in the conference: held for long, and resumed", async (t) => {
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
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  });

  await t.test("while a PIN is asked for", async (t) => {
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
    t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  });

  t.strictSame(world.complaints([caller.slice(3)]), [], "no bug and no number in the log");
});
