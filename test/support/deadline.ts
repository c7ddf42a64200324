import { systemClock } from "../../src/util/clock.js";
import { within } from "../../src/util/wait.js";

/** Timeout for expected events on a busy machine, in milliseconds. */
export const timeoutMs = 20_000;

/**
 * Settles as `promise` does, but rejects after a timeout: a test must fail with a description of what it waited for and not
 * by the runner's timeout. `evidence` returns the state at that time.
 */
export async function inTime<Value>(
  what: string,
  promise: Promise<Value>,
  ms: number = timeoutMs,
  evidence: () => string = () => "",
): Promise<Value> {
  const done = promise.then((value) => ({ value }));
  const settled = await within(systemClock, ms, done);
  if (settled !== undefined) return settled.value;
  const seen = evidence();
  throw new Error(`${what}: not within ${ms} ms${seen === "" ? "" : `\n${seen}`}`);
}
