import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";

import { EinwahlClient } from "einwahl/client";
import t from "tap";

import type { CallReport } from "../../src/call/progress.js";
import type { LiveKitParticipant } from "../../src/simulators/bbb/livekit/participant.js";
import type { Meeting } from "../../src/simulators/bbb/meetings.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import type { TestPhone } from "../../src/softphone/test-phone.js";
import { hears, untilHeard } from "../e2e/support/hearing.js";
import type { Settings } from "../e2e/support/world.js";
import { timeoutMs } from "../support/deadline.js";
import type { LiveKitSide } from "./support/livekit-side.js";
import { type LiveKitWorld, startLiveKitWorld } from "./support/livekit-world.js";
import { RoomTones } from "./support/room-tones.js";

const number = "+4915223125678";
/** Ends with the same four digits. */
const other = "+4916093215678";
const pin = "800001";
const token = "front-end-token";
/** From the stage to LiveKit's probe, which stays unanswered for 4 s, in milliseconds. */
const askedTimeoutMs = 1_000;
/**
 * Tags, branches, Call-ID, CSeq, SDP's session ids and ports, LiveKit's ids and times: random digits, of which five can be
 * those of a number by chance.
 */
const ids =
  /\b(?:branch|tag)=[^;>\s]+|^(?:Call-ID|CSeq):.*$|^[om]=.*$|(?<=\d):\d{4,5}\b|\b[A-Z][A-Za-z]{1,4}_\w+|\d{4}-\d\d-\d\dT[\d:.]+/gimu;

t.setTimeout(300_000);

await t.test("callers in meetings whose audio is in LiveKit", async (t) => {
  const bench = await startLiveKitWorld(t, { settings: withFrontEnd });
  const { world, livekit, createMeeting, endMeeting } = bench;
  const phone = await world.phone();
  const meeting = await createMeeting({ meetingID: "Course", name: "Course", voiceBridge: pin });
  const microphone = await livekit.microphone(meeting);
  const tones = new RoomTones(microphone);

  await t.test("only the last four digits of the number", async (t) => {
    const { call, participant } = await joins(bench, phone, meeting, number);
    t.equal(participant.name, "Phone 5678");
    t.comment(JSON.stringify(participant));
    await tones.bothWays(t, call, "in the room");
    t.match(
      await leaves(bench, meeting, { call, participant }),
      { joins: 1, srtp: { bbb: /^A/ } },
      "encrypted on the leg to the BBB server",
    );
    t.strictSame(traces(JSON.stringify(participant)), [], "in identity, attributes and metadata");
  });

  await t.test(
    "two callers with the same four digits both stay, and a returning caller keeps the identity",
    async (t) => {
      const first = await joins(bench, phone, meeting, number);
      const second = await joins(bench, phone, meeting, other);
      const household = await joins(bench, phone, meeting, number);
      const all = await livekit.callers(meeting);
      t.strictSame(
        all.map(({ name }) => name),
        ["Phone 5678", "Phone 5678", "Phone 5678"],
        "one of them with another caller's number",
      );
      t.comment(JSON.stringify(all));
      await tones.bothWays(t, first.call, "of the first caller");
      await tones.bothWays(t, second.call, "of the second caller");
      await tones.bothWays(t, household.call, "of the other caller with the first one's number");
      await leaves(bench, meeting, household);
      await leaves(bench, meeting, first);
      const again = await joins(bench, phone, meeting, number);
      t.equal(again.participant.identity, first.participant.identity);
      await leaves(bench, meeting, second);
      await leaves(bench, meeting, again);
    },
  );

  await t.test("a caller without a number", async (t) => {
    const anonymous = await joins(bench, phone, meeting, "anonymous");
    t.equal(anonymous.participant.name, "Phone Anon");
    t.comment(JSON.stringify(anonymous.participant));
    await leaves(bench, meeting, anonymous);
  });

  await t.test("removed by a moderator", async (t) => {
    const { call, participant } = await joins(bench, phone, meeting, number);
    const report = world.reports.next("the call's report", () => true, { ms: 60_000 });
    await livekit.remove(meeting, participant.identity);
    await hears(t, world, call, "de/removed", "the caller hears the reason");
    t.match(await report, { cause: "removed", joins: 1 });
    await isGone(livekit, meeting, participant);
  });

  await t.test("livekit-sip restarts, and the caller returns", async (t) => {
    const { call, participant } = await joins(bench, phone, meeting, number);
    const rejoined = world.stages.next("talking again", ({ stage }) => stage === "talking", {
      ms: 60_000,
      evidence: () => world.tail(),
    });
    await livekit.kill();
    await world.stages.next("looked for again", ({ stage }) => stage === "looking-up", { ms: 60_000 });
    await livekit.revive();
    await rejoined;
    await tones.bothWays(t, call, "after that");
    t.strictSame(
      (await livekit.callers(meeting)).map(({ identity }) => identity),
      [participant.identity],
    );
    await leaves(bench, meeting, { call, participant });
  });

  await t.test("into a breakout room, back when it ends, and into another meeting", async (t) => {
    const breakout = await createMeeting({
      meetingID: "breakout",
      isBreakout: true,
      parentMeetingID: "Course",
      sequence: 1,
    });
    const elsewhere = await createMeeting({ meetingID: "Seminar", voiceBridge: "800002" });
    const { call } = await joins(bench, phone, breakout, number);
    const back = world.stages.next("talking again", ({ stage }) => stage === "talking", { ms: 60_000 });
    await endMeeting("breakout");
    await back;
    await tones.bothWays(t, call, "in the main room");
    const from = call.audio.recording.durationMs;
    await call.sendDigits("*#");
    await hears(t, world, call, "de/enter-pin", "is asked for another PIN", { fromMs: from });
    const talking = world.stages.next("talking elsewhere", ({ stage }) => stage === "talking", { ms: 60_000 });
    await call.sendDigits(`${elsewhere.voiceBridge}#`);
    await talking;
    t.strictSame(
      (await livekit.callers(elsewhere)).map(({ name }) => name),
      ["Phone 5678"],
    );
    await call.hangUp();
    await endMeeting("Seminar");
  });

  await t.test("waiting for the start", async (t) => {
    const client = new EinwahlClient({ url: `http://127.0.0.1:${world.einwahl.httpPort}`, token });
    const reserved = await client.reserve("Evening class");
    if (!reserved.ok) throw new Error(JSON.stringify(reserved.failure));
    const call = await phone.dial({ ...world.line(), number });
    call.audio.listenForPrompts(world.prompts);
    await call.answered;
    await untilHeard(world, call, "de/welcome");
    const waiting = world.stages.next("stage waiting", ({ stage }) => stage === "waiting", {
      ms: timeoutMs,
      evidence: () => world.tail(),
    });
    await call.sendDigits(`${reserved.value.pin}#`);
    await waiting;
    const joining = world.stages.next("stage joining", ({ stage }) => stage === "joining", {
      ms: 60_000,
      evidence: () => world.tail(),
    });
    const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking", {
      ms: 60_000,
      evidence: () => world.tail(),
    });
    // The caller joins before bbb-webrtc-sfu has created LiveKit's rule for the number.
    const makeRules = livekit.holdRules();
    const evening = bench.bbb.createMeeting({
      meetingID: "Evening class",
      voiceBridge: reserved.value.pin,
      audioBridge: "livekit",
    });
    await joining;
    await setTimeout(askedTimeoutMs);
    makeRules();
    await talking;
    t.strictSame(
      (await livekit.callers(evening)).map(({ name }) => name),
      ["Phone 5678"],
    );
    await call.hangUp();
    await endMeeting("Evening class");
  });

  await t.test("the end of the meeting", async (t) => {
    const { call } = await joins(bench, phone, meeting, number);
    await endMeeting("Course");
    await hears(t, world, call, "de/conference-ended", "the caller hears the reason");
    await call.hangUp();
  });

  t.strictSame(livekit.log().map(withoutIds).flatMap(traces), [], "nothing of a number in LiveKit's log");
  t.strictSame(world.complaints([number.slice(3), other.slice(3), pin]), [], "no bug, number or PIN in einwahl's log");
});

function withFrontEnd(settings: Settings): Settings {
  return {
    ...settings,
    http: {
      tokens: [
        {
          name: "front-end",
          sha256: createHash("sha256").update(token).digest("hex"),
          scopes: ["rooms:read", "rooms:write"],
        },
      ],
    },
  };
}

interface Joined {
  readonly call: PhoneCall;
  readonly participant: LiveKitParticipant;
}

/** Dials, types the PIN and joins the room. */
async function joins(
  { world, livekit }: LiveKitWorld,
  phone: TestPhone,
  meeting: Meeting,
  from: string,
): Promise<Joined> {
  const before = new Set((await livekit.callers(meeting)).map(({ identity }) => identity));
  const call = await phone.dial({ ...world.line(), number: from });
  call.audio.listenForPrompts(world.prompts);
  await call.answered;
  await untilHeard(world, call, "de/welcome");
  const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking", {
    ms: timeoutMs,
    evidence: () => world.tail(),
  });
  await call.sendDigits(`${meeting.voiceBridge}#`);
  await talking;
  const [participant] = (await livekit.callers(meeting)).filter(({ identity }) => !before.has(identity));
  if (participant === undefined) throw new Error(`no participant joined\n${world.tail()}`);
  return { call, participant };
}

/** Hangs up, and waits until LiveKit's list has dropped the caller. */
async function leaves(
  { world, livekit }: LiveKitWorld,
  meeting: Meeting,
  { call, participant }: Joined,
): Promise<CallReport> {
  const report = world.reports.next("the call's report", () => true);
  await call.hangUp();
  await isGone(livekit, meeting, participant);
  return await report;
}

async function isGone(livekit: LiveKitSide, meeting: Meeting, { identity }: LiveKitParticipant): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while ((await livekit.callers(meeting)).some((caller) => caller.identity === identity)) {
    if (performance.now() > deadline) throw new Error(`${identity} is still there`);
    await setTimeout(50);
  }
}

function withoutIds(line: string): string {
  return line.replaceAll(ids, "-");
}

/** Sequences of five or more digits of the callers' numbers in a text. */
function traces(text: string): string[] {
  return [number, other].flatMap((each) => {
    const digits = each.slice(3);
    return Array.from({ length: digits.length - 4 }, (_, at) => digits.slice(at, at + 5)).filter((run) =>
      text.includes(run),
    );
  });
}
