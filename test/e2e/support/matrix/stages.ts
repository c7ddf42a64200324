import { setTimeout } from "node:timers/promises";

import type { SampleBbb } from "../../../../src/simulators/bbb/sample-bbb.js";
import { timeoutMs } from "../../../support/deadline.js";
import type { Caller } from "../parts/caller.js";
import type { PartsWorld } from "../parts/parts-world.js";
import { conferences } from "../world.js";

/** Where a caller is when a part fails, in the order of a call. */
export const callStages = ["ringing", "greeting", "typing", "waiting", "joining", "talking", "leaving"] as const;
export type CallStage = (typeof callStages)[number];

const [here] = conferences;
const meeting = "Evening class";
const lookEveryMs = 50;
/** What the callers before this one have sent is answered by then. */
const betweenMs = 300;

export interface Scene {
  readonly callers: ReadonlyMap<CallStage, Caller>;
  /** The PIN for which the waiting caller waits. */
  readonly waitingPin: string;
}

/** The caller of a stage: each has a name of its own in the conference. @param round distinguishes the scenes of one world */
function numberOf(stage: CallStage, round: number): string {
  return `+491522312${String(5_000 + 10 * round + callStages.indexOf(stage))}`;
}

/** One caller in each stage, at the same time. The node answers no new leg until `openTheDoor`. */
export async function setTheScene(parts: PartsWorld, round: number): Promise<Scene> {
  const [bbb] = parts.world.bbbs;
  const callers = new Map<CallStage, Caller>();
  const dial = async (stage: CallStage): Promise<Caller> => {
    const caller = await parts.dial(numberOf(stage, round));
    callers.set(stage, caller);
    return caller;
  };
  const waitingPin = await parts.reserve(`${meeting} ${round}`);
  for (const stage of ["talking", "leaving"] as const) {
    const caller = await dial(stage);
    await caller.greeted();
    await caller.join(here.pin, bbb);
    caller.call.playTone(stage === "talking" ? 700 : 900, 0.1);
  }
  const waiting = await dial("waiting");
  await waiting.greeted();
  await waiting.waitFor(waitingPin);

  const [joining, typing, greeting] = [await dial("joining"), await dial("typing"), await dial("greeting")];
  await Promise.all([joining.greeted(), typing.greeted(), greeting.greeted()]);
  bbb.voice.refusal = { kind: "no-answer", ringing: true };
  await Promise.all([joining.call.sendDigits(`${here.pin}#`), typing.call.sendDigits(here.pin.slice(0, 2))]);
  await until("the joining caller's leg arrives", () => bbb.voice.counts().unanswered > 0);
  const leaving = callers.get("leaving");
  const [member] = leaving?.members(bbb) ?? [];
  await leaving?.call.sendDigits("*#");
  if ((await bbb.waitForLeave(member?.memberId ?? "", timeoutMs)) !== true) throw new Error(leaving?.evidence());
  await setTimeout(betweenMs);
  const ringing = await dial("ringing");
  await Promise.race([ringing.call.waitForProgress(180, timeoutMs), ringing.call.answered]);
  return { callers, waitingPin };
}

/** The node answers new legs again. */
export function openTheDoor(bbb: SampleBbb): void {
  bbb.voice.refusal = undefined;
}

/** The meeting starts for which the waiting caller waits. */
export function startMeeting(bbb: SampleBbb, round: number, pin: string): void {
  bbb.createMeeting({ meetingID: `${meeting} ${round}`, name: meeting, voiceBridge: pin });
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await setTimeout(lookEveryMs);
  }
}
