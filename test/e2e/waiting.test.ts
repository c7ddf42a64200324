import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";

import { EinwahlClient } from "einwahl/client";
import t, { type Test } from "tap";

import { joinIntervalMs } from "../../src/call/join-pacer.js";
import type { CallReport } from "../../src/call/progress.js";
import type { MemberInfo } from "../../src/simulators/bbb/member.js";
import { SampleWebhooks } from "../../src/simulators/bbb/webhooks.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import type { TestPhone } from "../../src/softphone/test-phone.js";
import { inTime, timeoutMs } from "../support/deadline.js";
import { hears } from "./support/hearing.js";
import { Tones } from "./support/talk.js";
import { type Settings, withCalls, World, type WorldOptions } from "./support/world.js";

const token = "front-end-token";
const meetingID = "Evening class";
/** Beside real engines, the phones and BBB servers of a hundred callers overload two processors. */
const callers = process.env["EINWAHL_TEST_ENGINES"] === "real" ? 50 : 100;
const diallingAtOnce = 5;
/** From the start of the conference until the last caller has joined, in milliseconds: the pace, plus the time of one join. */
const allInTimeoutMs = callers * joinIntervalMs + 4_000;

t.setTimeout(300_000);

interface WaitingWorld {
  readonly world: World;
  readonly phone: TestPhone;
  /** The room that a front end has reserved. */
  readonly pin: string;
}

/** A world with a reserved room whose conference has not begun. */
async function startWorld(
  t: Test,
  {
    calls = {},
    servers = {},
    ...options
  }: Pick<WorldOptions, "line"> & { readonly calls?: Settings; readonly servers?: Settings },
): Promise<WaitingWorld> {
  const http = {
    tokens: [
      {
        name: "front-end",
        sha256: createHash("sha256").update(token).digest("hex"),
        scopes: ["rooms:read", "rooms:write"],
      },
    ],
  };
  const settings = (all: Settings): Settings => {
    const known = all["bbb_servers"] as readonly Settings[];
    const waiting = { max_percent: 100, per_pin: callers, ...(calls["waiting"] as Settings | undefined) };
    return withCalls({ ...calls, waiting })({
      ...all,
      http,
      bbb_servers: known.map((server) => ({ ...server, ...servers })),
    });
  };
  const world = await World.start(t, { ...options, settings });
  return { world, phone: await world.phone(), pin: await reserve(world, meetingID) };
}

/** The PIN of a room, requested like a front end. */
async function reserve(world: World, room: string): Promise<string> {
  const client = new EinwahlClient({ url: `http://127.0.0.1:${world.einwahl.httpPort}`, token });
  const answer = await client.reserve(room);
  if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
  return answer.value.pin;
}

function numberOf(index: number): string {
  return `+49152231${String(20_000 + index)}`;
}

/** A caller who has typed the PIN of the room; the first one records the prompts. */
async function types({ world, phone, pin }: WaitingWorld, index: number): Promise<PhoneCall> {
  const call = await phone.dial({ ...world.line(), number: numberOf(index) });
  if (index === 0) call.audio.listenForPrompts(world.prompts);
  const answered = await call.answered;
  if (!answered.ok) throw new Error(`${answered.failure.status} ${answered.failure.reason}`);
  // The caller types only after the prompt.
  if (!(await call.audio.waitForSound(timeoutMs))) throw new Error("the caller hears nothing");
  await call.sendDigits(`${pin}#`);
  return call;
}

/** One waiting caller. */
async function waits(waiting: WaitingWorld): Promise<PhoneCall> {
  const { world } = waiting;
  const isWaiting = world.stages.next("the caller waits", ({ stage }) => stage === "waiting", {
    evidence: () => world.tail(),
  });
  const call = await types(waiting, 0);
  await isWaiting;
  return call;
}

function report({ world }: WaitingWorld): Promise<CallReport> {
  return world.reports.next("the call's report", () => true, { ms: 60_000 });
}

await t.test(`${callers} callers wait for one conference, and join as soon as it begins`, async (t) => {
  const waiting = await startWorld(t, {
    line: "straight",
    servers: { webhooks: true, poll_interval: "10m" },
    calls: { media_timeout: "5m" },
  });
  const { world, pin } = waiting;
  const [bbb] = world.bbbs;
  const hooks = new SampleWebhooks(bbb.meetings, {
    url: `http://127.0.0.1:${world.einwahl.httpPort}/bbb-webhooks/${bbb.name}`,
    secret: "test-bbb-secret",
    proof: "sha1",
  });
  t.teardown(() => hooks.close());
  // All audio is generated in this process, beside einwahl: nothing is sent in either direction until a side talks.
  bbb.voice.silence = "suppressed";
  const idle = await world.counts();

  const waitingCalls = new Set<string>();
  t.teardown(
    world.stages.watch(({ call, stage }) => {
      if (stage === "waiting") waitingCalls.add(call);
    }),
  );
  const calls: PhoneCall[] = [];
  while (calls.length < callers) {
    const indices = Array.from(
      { length: Math.min(diallingAtOnce, callers - calls.length) },
      (_, at) => calls.length + at,
    );
    const more = await Promise.all(indices.map((index) => types(waiting, index)));
    for (const { audio } of more) audio.speaker.stop();
    calls.push(...more);
  }
  if (waitingCalls.size < callers)
    await world.stages.next("all of them wait", () => waitingCalls.size === callers, {
      evidence: () => `${waitingCalls.size} wait\n${world.tail()}`,
    });
  const [first] = calls;
  if (first === undefined) throw new Error("no caller");
  await hears(t, world, first, "de/not-started", "the caller hears that the conference has not started");

  const arrivals: { readonly member: MemberInfo; readonly afterMs: number }[] = [];
  const began = performance.now();
  const allIn = new Promise<void>((resolve) => {
    t.teardown(
      bbb.onJoin((member) => {
        arrivals.push({ member, afterMs: performance.now() - began });
        if (arrivals.length === callers) resolve();
      }),
    );
  });
  bbb.createMeeting({ meetingID, name: meetingID, voiceBridge: pin });
  await inTime("all callers join", allIn, timeoutMs, () => `${arrivals.length} are in\n${world.tail()}`);
  const times = arrivals.map(({ afterMs }) => afterMs);
  t.ok(
    Math.max(...times) < allInTimeoutMs,
    `the first is in after ${Math.round(Math.min(...times))} ms, the last after ${Math.round(Math.max(...times))} ms`,
  );
  t.ok(
    arrivals.every(({ member }) => member.voiceBridge === pin),
    "all of them in the right conference",
  );
  t.strictSame(
    arrivals.map(({ member }) => member.name).sort(),
    calls.map((_, index) => numberOf(index).slice(-4)).sort(),
    "each of them once",
  );

  for (const index of [0, callers - 1]) {
    const call = calls[index];
    const arrival = arrivals.find(({ member }) => member.name === numberOf(index).slice(-4));
    if (call === undefined || arrival === undefined) throw new Error("a caller is missing");
    call.audio.speaker.start();
    await new Tones(world, { call, member: arrival.member }).bothWays(t, `of caller ${index + 1}`);
  }
  await Promise.all(calls.map((call) => call.hangUp()));
  t.strictSame(await world.leftBehind(idle), {}, "nothing is left");
  t.strictSame(
    world.complaints([pin, ...calls.map((_, index) => numberOf(index).slice(3))]),
    [],
    "no unexpected error, number or PIN in the log",
  );
});

await t.test("without webhooks", async (t) => {
  const waiting = await startWorld(t, { servers: { poll_interval: "1s" } });
  const { world, pin } = waiting;
  const [bbb] = world.bbbs;
  const idle = await world.counts();

  await t.test("joined within one poll", async (t) => {
    const story = report(waiting);
    const call = await waits(waiting);
    await hears(t, world, call, "de/not-started", "told what there is to wait for", { whole: true });
    t.ok(await call.audio.waitForSound(timeoutMs), "and there is music");
    const arrival = bbb.waitForMember(pin, timeoutMs);
    const began = performance.now();
    bbb.createMeeting({ meetingID, name: meetingID, voiceBridge: pin });
    const member = await arrival;
    const afterMs = performance.now() - began;
    t.ok(afterMs < 2_500, `after ${Math.round(afterMs)} ms`);
    if (member !== undefined) await new Tones(world, { call, member }).bothWays(t, "after the wait");
    await call.hangUp();
    t.match(await story, { cause: "caller-hung-up", joins: 1, pinsTyped: 1 });
    await bbb.endMeeting(meetingID);
  });

  await t.test("a hang-up while waiting leaks nothing", async (t) => {
    const room = "Another class";
    const other = { ...waiting, pin: await reserve(world, room) };
    const story = report(waiting);
    const call = await waits(other);
    await hears(t, world, call, "de/not-started", "told what there is to wait for");
    await call.hangUp();
    t.match(await story, { cause: "caller-hung-up", joins: 0 });
    t.strictSame(await world.leftBehind(idle), {}, "nothing is left");
    const arrived: string[] = [];
    const off = bbb.onJoin(({ name }) => arrived.push(name));
    bbb.createMeeting({ meetingID: room, name: room, voiceBridge: other.pin });
    const arrival = bbb.waitForMember(other.pin, timeoutMs);
    const next = await types(other, 1);
    t.ok(await arrival);
    off();
    t.strictSame(arrived, [numberOf(1).slice(-4)], "only the next caller has joined");
    await next.hangUp();
    await bbb.endMeeting(room);
  });

  t.strictSame(world.complaints([pin, numberOf(0).slice(3)]), [], "no bug, number or PIN in the log");
});

await t.test("on hold and without RTP when the conference begins", async (t) => {
  const waiting = await startWorld(t, { servers: { poll_interval: "1s" }, calls: { media_timeout: "5s" } });
  const { world, pin } = waiting;
  const [bbb] = world.bbbs;
  const story = report(waiting);
  const call = await waits(waiting);
  t.match(await call.hold(), { ok: true });
  call.stopRtp();
  // Longer than RTP may be absent without a hold.
  await setTimeout(7_000);
  const arrival = bbb.waitForMember(pin, timeoutMs);
  bbb.createMeeting({ meetingID, name: meetingID, voiceBridge: pin });
  const member = await arrival;
  t.match(member, { name: numberOf(0).slice(-4) }, "joined although on hold");
  t.match(await call.resume(), { ok: true });
  call.resumeRtp();
  if (member !== undefined) await new Tones(world, { call, member }).bothWays(t, "after the resume");
  await call.hangUp();
  t.match(await story, { cause: "caller-hung-up", joins: 1 });
  await bbb.endMeeting(meetingID);
});

await t.test("the wait times out with a goodbye", async (t) => {
  const waiting = await startWorld(t, { calls: { waiting: { limit: "10s" } } });
  const { world } = waiting;
  const story = report(waiting);
  const call = await waits(waiting);
  await hears(t, world, call, "de/not-started-call-again", "told to call again", { whole: true });
  await hears(t, world, call, "de/goodbye", "and goodbye", { whole: true });
  t.match(await story, { cause: "conference-not-started" });
  t.match(await call.ended, { by: "remote" });
});

await t.test("turned off: a prompt to call again, and no caller waits", async (t) => {
  const waiting = await startWorld(t, { calls: { waiting: { enabled: false } } });
  const { world } = waiting;
  const call = await types(waiting, 0);
  await hears(t, world, call, "de/not-started-call-again", "told to call again");
  t.notOk(world.stages.past.some(({ stage }) => stage === "waiting"));
  await call.hangUp();
});
