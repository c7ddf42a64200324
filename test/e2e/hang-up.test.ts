import t from "tap";

import type { Stage } from "../../src/call/progress.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { inBackground } from "../../src/softphone/sip/background.js";
import type { TestPhone } from "../../src/softphone/test-phone.js";
import { untilHeard } from "./support/hearing.js";
import { conferences, withCalls, withPollInterval, World } from "./support/world.js";

const caller = "+4915223125678";
const { pin } = conferences[0];
/** Repeated to hit the few milliseconds between FreeSWITCH's ACK and its own event for the answer. */
const hangUpsAsAnswered = 5;
const wrongPins = ["99911#", "99922#", "99933#"] as const;

/** An answered call that has heard the greeting. */
async function greeted(world: World, phone: TestPhone): Promise<PhoneCall> {
  const call = await phone.dial({ ...world.line(), number: caller });
  call.audio.listenForPrompts(world.prompts);
  await call.answered;
  await untilHeard(world, call, "de/welcome");
  return call;
}

await t.test("the caller hangs up, in each stage", async (t) => {
  // Polled once only, so that the look-up of an unknown PIN triggers its own poll.
  const world = await World.start(t, { settings: withPollInterval("10m") });
  const [bbb] = world.bbbs;
  const phone = await world.phone();
  const idle = await world.counts();
  const stage = (name: Stage): Promise<unknown> =>
    world.stages.next(`stage ${name}`, (change) => change.stage === name);

  await t.test("while ringing: CANCEL, 487", async (t) => {
    // The 200 may overtake the CANCEL; such a call ends with a BYE and does not count.
    const attempts = 10;
    let cancelled = 0;
    for (let attempt = 0; attempt < attempts && cancelled === 0; attempt++) {
      const report = world.reports.next("the call's report", () => true);
      const call = await phone.dial({ ...world.line(), number: caller });
      await call.waitForProgress(180, 20_000);
      await call.hangUp();
      t.match(await call.answered, { ok: false, failure: { status: 487 } });
      if ((await report).cause === "cancelled") cancelled += 1;
      t.strictSame(await world.leftBehind(idle), {}, "nothing is left");
    }
    t.equal(cancelled, 1, "cancelled before the answer");
  });

  for (const { during, reach } of [
    {
      during: "greeting",
      reach: async (): Promise<PhoneCall> => await greeted(world, phone),
    },
    {
      during: "asking",
      reach: async (): Promise<PhoneCall> => {
        const call = await greeted(world, phone);
        const asking = stage("asking");
        await call.sendDigits("1");
        await asking;
        return call;
      },
    },
    {
      during: "looking-up",
      reach: async (): Promise<PhoneCall> => {
        const call = await greeted(world, phone);
        for (const each of world.bbbs) each.api.mode = "hang";
        await call.sendDigits("88888#");
        await untilHeard(world, call, "de/please-wait");
        return call;
      },
    },
    {
      during: "joining",
      reach: async (): Promise<PhoneCall> => {
        const call = await greeted(world, phone);
        bbb.voice.refusal = { kind: "no-answer", ringing: true };
        const joining = stage("joining");
        await call.sendDigits(pin);
        await joining;
        if (!(await call.audio.waitForSound(20_000))) throw new Error("the caller hears nothing");
        return call;
      },
    },
    {
      during: "talking",
      reach: async (): Promise<PhoneCall> => {
        const call = await greeted(world, phone);
        const talking = stage("talking");
        await call.sendDigits(pin);
        await talking;
        return call;
      },
    },
    {
      during: "asking",
      reach: async (): Promise<PhoneCall> => {
        const call = await greeted(world, phone);
        for (const wrong of wrongPins) await call.sendDigits(wrong);
        await untilHeard(world, call, "de/too-many-tries");
        return call;
      },
    },
  ] as const) {
    await t.test(`during ${during}`, async (t) => {
      const call = await reach();
      const report = world.reports.next("the call's report", () => true);
      await call.hangUp();
      for (const each of world.bbbs) each.api.mode = "normal";
      bbb.voice.refusal = undefined;
      const { cause, stages } = await report;
      t.equal(cause, "caller-hung-up");
      t.equal(stages.filter(({ stage }) => stage !== "ending").at(-1)?.stage, during, "it was there");
    });
  }

  await t.test("when the conference answers, before the media server has reported it", async (t) => {
    for (let attempt = 0; attempt < hangUpsAsAnswered; attempt++) {
      const call = await greeted(world, phone);
      const report = world.reports.next("the call's report", () => true);
      const off = bbb.onJoin(() => {
        off();
        inBackground(call.hangUp());
      });
      await call.sendDigits(pin);
      t.equal((await report).cause, "caller-hung-up");
      t.strictSame(await world.leftBehind(idle), {}, "nothing is left");
    }
  });

  t.strictSame(world.complaints([caller.slice(3), pin]), [], "no bug, number or PIN in the log");
});

await t.test("the connection is lost without a BYE", async (t) => {
  const world = await World.start(t, { settings: withCalls({ media_timeout: "5s" }) });
  const phone = await world.phone();
  const call = await greeted(world, phone);
  await call.sendDigits(pin);
  const member = await world.bbbs[0].waitForMember(pin, 20_000);
  t.ok(member, "in the conference");
  const report = world.reports.next("the call's report", () => true, { ms: 30_000 });
  await phone.vanish();
  t.match(await report, { cause: "media-lost" });
  t.ok(await world.bbbs[0].waitForLeave(member?.memberId ?? "", 20_000), "no ghost stays in the conference");
});
