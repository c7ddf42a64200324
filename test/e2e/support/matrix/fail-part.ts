import { setTimeout } from "node:timers/promises";

import type { MemberInfo } from "../../../../src/simulators/bbb/member.js";
import type { SampleBbb } from "../../../../src/simulators/bbb/sample-bbb.js";
import { timeoutMs } from "../../../support/deadline.js";
import type { Counts } from "../engines.js";
import type { Caller } from "../parts/caller.js";
import type { EndSignal, Part } from "../parts/part.js";
import type { PartsWorld } from "../parts/parts-world.js";
import { conferences } from "../world.js";
import { type Aftermath, type Cell, record } from "./cell.js";
import { type CallStage, callStages, openTheDoor, type Scene, setTheScene, startMeeting } from "./stages.js";

const [here] = conferences;
const webTone = 440;
const nextCaller = "+4915223124999";
/** Between two attempts of the next caller. */
const redialEveryMs = 500;
/** How long callers are only watched, from the part's return on. */
const watchMs = process.env["EINWAHL_TEST_ENGINES"] === "real" ? 8_000 : 3_000;
const leftTimeoutMs = 10_000;
/** Prompts after which einwahl waits for keys: silence is usual then. */
const asking = /^(?:de|en)\/(?:welcome|language-switch|enter-pin|pin-silence|pin-restart)$/;
/** Prompts end with some silence of their own. */
const fadeMs = 500;

export interface Failure {
  readonly cells: readonly Cell[];
  readonly aftermath: Aftermath;
}

interface Circumstances {
  readonly part: Part;
  readonly known: PartsWorld["world"]["prompts"];
  readonly failedAt: number;
  readonly backAt: number;
}

/**
 * Ends a part while one caller is in each stage of a call, starts it again, and finds out what each of them heard, what the
 * conference heard, and whether the call goes on.
 * @param pauseMs between the end of the part and its start
 */
export async function failPart(
  parts: PartsWorld,
  part: Part,
  signal: EndSignal,
  options: { readonly round: number; readonly pauseMs: number; readonly expectedLeftovers: RegExp },
): Promise<Failure> {
  const { round, pauseMs, expectedLeftovers: expected } = options;
  const [bbb] = parts.world.bbbs;
  const idle = await parts.world.counts();
  bbb.playTone(here.pin, webTone);
  const scene = await setTheScene(parts, round);

  const failedAt = performance.now();
  // The scene is lost when the end takes its time: a process that hands its calls over answers within a second.
  const ending = part.end(signal);
  openTheDoor(bbb);
  const nextCall = nextCallAt(parts);
  await ending;
  await setTimeout(pauseMs);
  await part.start();
  const backAt = performance.now();
  await setTimeout(watchMs);

  const facts = {
    part: part.name,
    signal,
    engines: parts.engines.kind,
    downMs: Math.round(backAt - failedAt),
  } as const;
  const circumstances = { part, known: parts.world.prompts, failedAt, backAt };
  const watched = callStages.map((stage) => seen(scene, stage, circumstances));
  const afterwards = await Promise.all(callStages.map((stage) => triedAfterwards(parts, scene, stage, round)));
  const cells = callStages.map((stage, index): Cell => ({
    ...facts,
    stage,
    ...(watched[index] ?? seen(scene, stage, circumstances)),
    afterwards: afterwards[index] ?? "",
  }));
  const next = await nextCall;
  const left = await cleanUp(parts, scene, { idle, round, expected });
  const aftermath: Aftermath = {
    ...facts,
    nextCallAfter: next === undefined ? undefined : Math.round(next - failedAt),
    left,
  };
  for (const line of [...cells, aftermath]) await record(line);
  return { cells, aftermath };
}

/** What has been heard and seen of a caller so far. */
function seen(
  { callers }: Scene,
  stage: CallStage,
  { part, known, failedAt, backAt }: Circumstances,
): Omit<Cell, "part" | "signal" | "engines" | "downMs" | "stage" | "afterwards"> {
  const caller = callerOf(callers, stage);
  const { end, hears, says } = caller;
  const after = (atMs: number): number => Math.round(atMs - failedAt);
  const prompts = caller.prompts(failedAt);
  // While einwahl is away FreeSWITCH plays on what it has begun: only the next einwahl's prompt ends the silence.
  const fromMs = part.name === "einwahl" ? backAt : failedAt;
  const question = prompts.find(({ name, atMs }) => atMs >= fromMs && asking.test(name));
  // To its end: one that is cut off by the failure is no question.
  const lengthMs = known.find(({ name }) => name === question?.name)?.durationMs ?? 0;
  const askedAt = question === undefined ? Infinity : question.atMs + Math.max(0, lengthMs - fadeMs);
  const first = hears
    .pauses("silence", failedAt)
    .filter(({ atMs }) => atMs <= askedAt)
    .reduce((longest, { ms }) => Math.max(longest, ms), 0);
  const call = end === undefined ? "up" : end.how.by === "refused" ? "refused" : "ended";
  return {
    call,
    ...(end !== undefined && { endedAfter: after(end.atMs) }),
    ...(end?.how.reason !== undefined && { endReason: end.how.reason }),
    silenceMs: hears.longest("silence", failedAt),
    firstSilenceMs: Math.round(first),
    gapMs: hears.longest("gap", failedAt),
    ...(stage === "talking" && says !== undefined && { conferenceSilenceMs: says.longest("silence", failedAt) }),
    prompts: prompts.map(({ name, atMs }) => ({ name, after: after(atMs) })),
    conference: caller.appearances
      .filter(({ atMs }) => atMs >= failedAt)
      .map(({ kind, server, atMs }) => ({ kind, server, after: after(atMs) })),
  };
}

/** Does what a caller of this stage wants, and says how that went. */
async function triedAfterwards(parts: PartsWorld, scene: Scene, stage: CallStage, round: number): Promise<string> {
  const [bbb] = parts.world.bbbs;
  const caller = callerOf(scene.callers, stage);
  if (caller.end !== undefined) return `not: the call has ended (${caller.end.how.by})`;
  try {
    switch (stage) {
      case "ringing":
      case "greeting":
      case "typing":
      case "leaving":
        if (caller.members(bbb).length > 0) return "is in the conference";
        await caller.join(here.pin, bbb);
        return "typed the PIN and joined";
      case "waiting":
        startMeeting(bbb, round, scene.waitingPin);
        await caller.arrival(scene.waitingPin, bbb);
        return "joined when the meeting began";
      case "joining":
        if (caller.members(bbb).length > 0) return "is in the conference";
        await caller.join(here.pin, bbb);
        return "was asked again and joined";
      case "talking":
        return await keysWork(caller, bbb);
    }
  } catch (error) {
    return `not: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`;
  }
}

async function keysWork(caller: Caller, bbb: SampleBbb): Promise<string> {
  // A leg that lost its media server stays in the conference until its RTP times out.
  const member = caller
    .members(bbb)
    .reduce<MemberInfo | undefined>(
      (newest, each) => (newest === undefined || each.joinedAt > newest.joinedAt ? each : newest),
      undefined,
    );
  if (member === undefined) return "not: is not in the conference";
  const heard = bbb.waitForTone({ memberId: member.memberId }, 1_200, timeoutMs);
  caller.call.playTone(1_200, 0.2);
  if ((await heard) === undefined) return "not: the conference does not hear the caller";
  await caller.call.sendDigits("7");
  if ((await bbb.waitForDigits(member.memberId, "7", timeoutMs)) === undefined) return "not: BBB gets no keys";
  await caller.call.sendDigits("*#");
  if ((await bbb.waitForLeave(member.memberId, timeoutMs)) === undefined) return "not: the leave key has no effect";
  return "talked on, keys work";
}

/** When the next caller hears the greeting, dialling again and again. */
async function nextCallAt(parts: PartsWorld): Promise<number | undefined> {
  const deadline = performance.now() + 3 * timeoutMs;
  while (performance.now() < deadline) {
    const caller = await parts.dial(nextCaller, { recognises: false });
    const heardAt = await Promise.race([
      caller.greeted().then(
        () => performance.now(),
        () => undefined,
      ),
      setTimeout(4 * redialEveryMs, undefined),
    ]);
    // The end of a call that a killed part has not answered takes until SIP's own timers.
    const ended = caller.hangUp().then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([ended, setTimeout(redialEveryMs)]);
    if (heardAt !== undefined) return heardAt;
    await setTimeout(redialEveryMs);
  }
  return undefined;
}

async function cleanUp(
  parts: PartsWorld,
  { callers }: Scene,
  { idle, round, expected }: { readonly idle: Counts; readonly round: number; readonly expected: RegExp },
): Promise<Readonly<Record<string, string>>> {
  const [bbb] = parts.world.bbbs;
  for (const caller of callers.values()) if (caller.end === undefined) await caller.hangUp().catch(() => undefined);
  bbb.stopTone(here.pin);
  const left = await parts.world.leftBehind(idle, { ms: leftTimeoutMs, expected });
  // What is left must not disturb the next round.
  await bbb.endMeeting(`Evening class ${round}`);
  for (const member of bbb.members()) await bbb.kick(member.memberId);
  return left;
}

function callerOf(callers: Scene["callers"], stage: CallStage): Caller {
  const caller = callers.get(stage);
  if (caller === undefined) throw new Error(`no caller is ${stage}`);
  return caller;
}
