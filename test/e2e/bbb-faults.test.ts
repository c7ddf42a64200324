import t from "tap";

import type { PhoneCall } from "../../src/softphone/phone-call.js";
import type { TestPhone } from "../../src/softphone/test-phone.js";
import { hears, untilHeard } from "./support/hearing.js";
import { conferences, withPollInterval, World } from "./support/world.js";

const caller = "+4915223125678";
const { pin, name: meeting } = conferences[0];

async function greeted(world: World, phone: TestPhone): Promise<PhoneCall> {
  const call = await phone.dial({ ...world.line(), number: caller });
  call.audio.listenForPrompts(world.prompts);
  await call.answered;
  await untilHeard(world, call, "de/welcome");
  return call;
}

await t.test("failing BBB servers", async (t) => {
  const world = await World.start(t, { settings: withPollInterval("1s") });
  const [first, second] = world.bbbs;
  const phone = await world.phone();
  const report = (): Promise<{ readonly cause: string }> =>
    world.reports.next("the call's report", () => true, { ms: 60_000 });

  await t.test("the BBB server refuses the call: two attempts, then a prompt", async (t) => {
    // The response of a server without the dialplan file to an unknown source: 480 with Q.850 cause 16.
    const { allowed } = first.voice;
    first.voice.allowed = [];
    const call = await greeted(world, phone);
    const story = report();
    await call.sendDigits(pin);
    await hears(t, world, call, "de/conference-unavailable", "that the conference can't be reached now", {
      whole: true,
    });
    t.match(await call.ended, { by: "remote", reason: /cause=21;text="conference-refused"/ });
    t.match(await story, { cause: "conference-refused", server: first.name });
    first.voice.allowed = allowed;
  });

  await t.test("the BBB server refuses the caller's name (603): the operator sees that as the cause", async (t) => {
    first.voice.refusal = { kind: "status", status: 603 };
    const call = await greeted(world, phone);
    const story = report();
    await call.sendDigits(pin);
    t.match(await call.ended, { by: "remote", reason: /cause=21;text="name-refused"/ });
    t.match(await story, { cause: "name-refused", server: first.name });
    first.voice.refusal = undefined;
  });

  await t.test("the BBB server redirects the call (302): einwahl does not follow", async (t) => {
    first.voice.refusal = {
      kind: "status",
      status: 302,
      contact: `sip:${pin}@127.0.0.1:${second.voice.port};transport=tls`,
    };
    const before = second.voice.invites.length;
    const call = await greeted(world, phone);
    const story = report();
    await call.sendDigits(pin);
    await hears(t, world, call, "de/conference-unavailable", "that the conference can't be reached now", {
      whole: true,
    });
    t.match(await story, { cause: "conference-refused", server: first.name });
    t.equal(second.voice.invites.length, before, "no other server got the PIN and the label");
    first.voice.refusal = undefined;
  });

  await t.test("the BBB server's SIP port is closed", async (t) => {
    await first.voice.down();
    const call = await greeted(world, phone);
    const story = report();
    await call.sendDigits(pin);
    await hears(t, world, call, "de/conference-unavailable", "the caller hears the reason", { whole: true });
    t.match(await story, { cause: "conference-unreachable" });
    await first.voice.up();
  });

  await t.test("the BBB server takes no SRTP: no unencrypted call", async (t) => {
    first.voice.srtp = "none";
    const call = await greeted(world, phone);
    const story = report();
    await call.sendDigits(pin);
    await hears(t, world, call, "de/conference-unavailable", "the caller hears the reason", { whole: true });
    t.match(await story, { cause: "conference-refused", srtp: { bbb: undefined } });
    first.voice.srtp = "mandatory";
  });

  await t.test("every API is down: the prompt says that the PIN is not the reason", async (t) => {
    for (const bbb of world.bbbs) await bbb.api.down();
    const call = await greeted(world, phone);
    const story = report();
    await call.sendDigits("88888#");
    await hears(t, world, call, "de/service-unavailable", "service unavailable");
    t.notOk(
      call.audio.prompts().some(({ name }) => name === "de/pin-unknown"),
      "and not the prompt for an unknown PIN",
    );
    for (const bbb of world.bbbs) await bbb.api.up();
    const arrival = second.waitForMember(conferences[1].pin, 20_000);
    await call.sendDigits(`${conferences[1].pin}#`);
    t.ok(await arrival, "once it is up the PIN leads to the conference");
    await call.hangUp();
    t.match(await story, { cause: "caller-hung-up" });
  });

  await t.test("every API stays down: goodbye after three tries", async (t) => {
    for (const bbb of world.bbbs) bbb.api.mode = "http-500";
    const call = await greeted(world, phone);
    const story = report();
    for (const wrong of ["88881#", "88882#", "88883#"]) {
      const from = call.audio.recording.durationMs;
      await call.sendDigits(wrong);
      await hears(t, world, call, "de/service-unavailable", "told", { fromMs: from });
    }
    t.match(await story, { cause: "directory-unavailable" });
    for (const bbb of world.bbbs) bbb.api.mode = "normal";
  });

  await t.test("the conference ends: the caller hears a prompt", async (t) => {
    const call = await greeted(world, phone);
    const story = report();
    const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking");
    await call.sendDigits(pin);
    t.ok(await talking, "in the conference");
    await first.endMeeting(meeting);
    await hears(t, world, call, "de/conference-ended", "that it is over", { whole: true });
    t.match(await story, { cause: "conference-ended" });
  });

  await t.test("a meeting created a moment ago is found", async (t) => {
    first.createMeeting({ meetingID: "new", name: "New", voiceBridge: "77001" });
    const call = await greeted(world, phone);
    const arrival = first.waitForMember("77001", 20_000);
    await call.sendDigits("77001#");
    t.match(await arrival, { voiceBridge: "77001", name: "5678" });
    await call.hangUp();
  });

  t.strictSame(world.complaints([caller.slice(3), "88881", "77001"]), [], "no bug, number or PIN in the log");
});
