import { setTimeout } from "node:timers/promises";

import t, { type Test } from "tap";

import type { CallReport, Stage } from "../../src/call/progress.js";
import type { MemberInfo } from "../../src/simulators/bbb/member.js";
import { makeCertificates } from "../../src/simulators/certificates.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { timeoutMs } from "../support/deadline.js";
import { type HearOptions, hears, untilHeard } from "./support/hearing.js";
import { talk, Tones } from "./support/talk.js";
import { conferences, type Settings, withPollInterval, World } from "./support/world.js";

const caller = "+4915223125678";
const [{ pin, name: meeting }] = conferences;

t.setTimeout(300_000);

/** A call that has typed the PIN of the first conference. */
async function typed(world: World): Promise<PhoneCall> {
  const phone = await world.phone();
  const call = await phone.dial({ ...world.line(), number: caller });
  call.audio.listenForPrompts(world.prompts);
  await call.answered;
  await call.sendDigits(`${pin}#`);
  return call;
}

function report(world: World): Promise<CallReport> {
  return world.reports.next("the call's report", () => true, { ms: 120_000 });
}

/** Asserts that the caller hears this prompt and the log has the cause. */
async function isTold(
  t: Test,
  world: World,
  call: PhoneCall,
  story: Promise<CallReport>,
  prompt: string,
  cause: string,
  options: HearOptions = {},
): Promise<void> {
  await hears(t, world, call, prompt, "what the caller hears", { whole: true, ...options });
  t.match(await story, { cause });
  t.ok(
    world.log.past.some((line) => line.includes(`"cause":"${cause}"`)),
    "the log has the cause",
  );
}

await t.test("a BBB server fails before the caller has joined", async (t) => {
  // Polled once only: einwahl detects a change during the join because the server fails.
  const world = await World.start(t, { settings: withPollInterval("10m") });
  const [first, second] = world.bbbs;
  const stage = async (name: Stage): Promise<unknown> =>
    await world.stages.next(`stage ${name}`, (change) => change.stage === name);

  await t.test("it refuses, and the conference now runs elsewhere: joined there", async (t) => {
    first.voice.refusal = { kind: "status", status: 480 };
    const story = report(world);
    const arrival = second.waitForMember(pin, timeoutMs);
    const moved = stage("joining").then(async () => {
      await first.endMeeting(meeting);
      second.createMeeting({ meetingID: "moved", name: "Moved", voiceBridge: pin });
    });
    const call = await typed(world);
    await moved;
    const member = await arrival;
    t.match(member, { name: "5678" });
    if (member !== undefined) await new Tones(world, { call, member }, second).bothWays(t, "on the other node");
    await call.hangUp();
    t.match(await story, { cause: "caller-hung-up", server: second.name, lookups: ["open", "open"], joins: 1 });
    first.voice.refusal = undefined;
    await second.endMeeting("moved");
    first.createMeeting({ meetingID: meeting, name: meeting, voiceBridge: pin });
  });

  await t.test("it refuses, and the conference has ended", async (t) => {
    first.voice.refusal = { kind: "status", status: 404 };
    const story = report(world);
    const ended = stage("joining").then(() => first.endMeeting(meeting));
    const call = await typed(world);
    await ended;
    await isTold(t, world, call, story, "de/conference-unavailable", "conference-refused");
    first.voice.refusal = undefined;
    first.createMeeting({ meetingID: meeting, name: meeting, voiceBridge: pin });
  });

  await t.test("it rings and does not answer", async (t) => {
    first.voice.refusal = { kind: "no-answer", ringing: true };
    const story = report(world);
    const again = stage("joining").then(() => stage("looking-up"));
    const call = await typed(world);
    await again;
    await isTold(t, world, call, story, "de/conference-unavailable", "conference-unreachable");
    t.equal(first.voice.counts().unanswered, 0, "the INVITEs were cancelled");
    first.voice.refusal = undefined;
  });

  await t.test("its certificate is from an unknown authority", async (t) => {
    const own = first.voice.tls;
    await first.voice.down();
    first.voice.tls = await makeCertificates();
    await first.voice.up();
    const story = report(world);
    const again = stage("joining").then(() => stage("looking-up"));
    const call = await typed(world);
    await again;
    await isTold(t, world, call, story, "de/conference-unavailable", "conference-unreachable");
    t.equal(first.members(pin).length, 0);
    await first.voice.down();
    first.voice.tls = own;
    await first.voice.up();
  });

  t.strictSame(world.complaints([caller.slice(3), pin]), [], "no bug, number or PIN in the log");
});

await t.test("a BBB server is lost during a call", async (t) => {
  const world = await World.start(t, { settings: withPollInterval("1s") });
  const [first, second] = world.bbbs;
  const phone = await world.phone();

  await t.test("the conference is found on another server: joined there", async (t) => {
    const story = report(world);
    const { call } = await talk(world, phone, { number: caller });
    second.createMeeting({ meetingID: "moved", name: "Moved", voiceBridge: pin });
    const arrival: Promise<MemberInfo | undefined> = second.waitForMember(pin, 60_000);
    // Its SIP port has responded by then.
    await setTimeout(1_500);
    const lost = world.stages.next("the node is left", ({ stage }) => stage === "looking-up", { ms: 60_000 });
    await first.api.down();
    await first.voice.down();
    const diedAt = performance.now();
    await lost;
    const noticedMs = Math.round(performance.now() - diedAt);
    t.ok(noticedMs < 7_000, `noticed after ${noticedMs} ms: 3 s, and room for a busy machine; 15 s without a probe`);
    const member = await arrival;
    t.match(member, { name: "5678" }, "without redialling");
    if (member !== undefined) await new Tones(world, { call, member }, second).bothWays(t, "on the other node");
    await call.hangUp();
    t.match(await story, { cause: "caller-hung-up", server: second.name, joins: 2, pinsTyped: 1 });
    await first.api.up();
    await first.voice.up();
    await second.endMeeting("moved");
  });

  await t.test("the conference is not found: the caller hears a prompt", async (t) => {
    const story = report(world);
    const { call } = await talk(world, phone, { number: caller });
    await first.api.down();
    await first.voice.down();
    await world.stages.next("looked for again", ({ stage }) => stage === "looking-up", { ms: 60_000 });
    // Five attempts in 20 s, because a stopped FreeSWITCH comes back.
    await isTold(t, world, call, story, "de/conference-unavailable", "conference-unreachable", { ms: 60_000 });
    await first.api.up();
    await first.voice.up();
  });

  t.strictSame(world.complaints([caller.slice(3), pin]), [], "no bug, number or PIN in the log");
});

await t.test("the caller is rejected", async (t) => {
  const world = await World.start(t, { settings: withPollInterval("1s") });
  const [first] = world.bbbs;
  const phone = await world.phone();

  for (const ban of [true, false]) {
    await t.test(
      `removed by a moderator, ${ban ? "and banned" : "and not banned"}: a prompt, and not re-joined`,
      async (t) => {
        const story = report(world);
        const { call, member } = await talk(world, phone, { number: caller });
        const later: MemberInfo[] = [];
        const off = first.onJoin((each) => later.push(each));
        await first.kick(member.memberId, { ban });
        await isTold(t, world, call, story, "de/removed", "removed");
        t.match(await call.ended, { by: "remote", reason: /cause=16;text="removed"/ });
        off();
        t.strictSame(later, []);
        // Otherwise the sample would remember the ban.
        await first.endMeeting(meeting);
        first.createMeeting({ meetingID: meeting, name: meeting, voiceBridge: pin });
        t.match(await story, { joins: 1 });
      },
    );
  }

  t.strictSame(world.complaints([caller.slice(3), pin]), [], "no bug, number or PIN in the log");
});

await t.test("the conference's audio is in LiveKit, and the BBB server does not forward calls to it", async (t) => {
  const world = await World.start(t, {
    settings: (settings) => {
      const servers = settings["bbb_servers"] as readonly Settings[];
      return {
        ...settings,
        bbb_servers: servers.map((server, at) => (at === 0 ? { ...server, audio_bridge: "livekit" } : server)),
      };
    },
  });
  const [first] = world.bbbs;
  first.voice.livekit = "no-dialplan-file";
  const idle = await world.counts();
  const story = report(world);
  const call = await typed(world);
  await hears(t, world, call, "de/no-telephone-audio", "what the caller hears");
  await isTold(t, world, call, story, "de/goodbye", "no-telephone-audio");
  t.strictSame(first.adHocConferences(), [], "and is not alone in a conference of FreeSWITCH");
  t.ok(
    world.log.past.some((line) => line.includes("02_einwahl_livekit.xml")),
    "the operator sees the reason",
  );
  t.strictSame(await world.leftBehind(idle), {}, "nothing is left");
  t.strictSame(world.complaints([caller.slice(3), pin]), [], "no bug, number or PIN in the log");
});

await t.test("einwahl stops: callers hear a prompt in every stage", async (t) => {
  const world = await World.start(t);
  const phone = await world.phone();
  const { call: talking } = await talk(world, phone, { number: caller });
  const asking = await phone.dial({ ...world.line(), number: caller });
  asking.audio.listenForPrompts(world.prompts);
  await asking.answered;
  await untilHeard(world, asking, "de/welcome");
  const stopping = performance.now();
  const [, ...heard] = await Promise.all([
    world.stopEinwahl(),
    ...[talking, asking].map((call) =>
      hears(t, world, call, "de/shutting-down", "that the service restarts", { whole: true }),
    ),
  ]);
  t.equal(heard.length, 2);
  t.ok(performance.now() - stopping < 10_000, `${Math.round(performance.now() - stopping)} ms`);
  for (const call of [talking, asking]) t.match(await call.ended, { by: "remote", reason: /text="shutdown"/ });
  t.equal(world.bbbs[0].members().length, 0, "the conference has no members");
});
