import type { Test } from "tap";

import type { PhoneCall } from "../../../src/softphone/phone-call.js";
import { timeoutMs } from "../../support/deadline.js";
import type { World } from "./world.js";

export interface HearOptions {
  /** The whole prompt, not only its beginning. */
  readonly whole?: boolean;
  /** Ignores what began earlier in the recording, ms. */
  readonly fromMs?: number;
  /** Timeout, ms. */
  readonly ms?: number;
}

/** Asserts that the caller hears a prompt (`de/welcome`); a failure shows what was heard instead. */
export async function hears(
  t: Test,
  world: World,
  call: PhoneCall,
  prompt: string,
  message: string,
  { ms = timeoutMs, ...options }: HearOptions = {},
): Promise<void> {
  const match = await call.audio.waitForPrompt(prompt, ms, options);
  t.ok(match, message, match === undefined ? { missing: prompt, ...evidence(world, call) } : {});
}

/** Waits for a prompt before the tested step; rejects if it does not come. */
export async function untilHeard(world: World, call: PhoneCall, prompt: string): Promise<void> {
  const match = await call.audio.waitForPrompt(prompt, timeoutMs);
  if (match === undefined)
    throw new Error(`${prompt} was not heard: ${JSON.stringify(evidence(world, call), undefined, 2)}`);
}

function evidence(world: World, call: PhoneCall): Readonly<Record<string, unknown>> {
  const heard = call.audio
    .prompts()
    .map(({ name, offsetMs, heardMs }) => `${name} at ${Math.round(offsetMs)} for ${Math.round(heardMs)} ms`);
  const { packetsIn, rejected, lost } = call.audio.stats;
  return {
    heard,
    heardMs: call.audio.recording.durationMs,
    packetsIn,
    rejected,
    lost,
    log: world.tail(15).split("\n"),
  };
}
