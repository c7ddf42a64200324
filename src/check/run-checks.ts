import type { Clock } from "../util/clock.js";
import { within } from "../util/wait.js";
import { type Check, error, type Finding } from "./check.js";

/** Each response has its own timeout; this one bounds a check with many requests. */
const checkTimeoutMs = 30_000;

/**
 * Runs all checks concurrently and returns their findings in the order of the checks.
 *
 * @param onProgress called after each check, with the number of finished checks and the paths of pending ones
 */
export async function runChecks(
  checks: readonly Check[],
  clock: Clock,
  onProgress: (done: number, waiting: readonly string[]) => void,
): Promise<readonly Finding[]> {
  const waiting = new Set(checks);
  const tell = (): void => {
    onProgress(
      checks.length - waiting.size,
      [...waiting].map(({ path }) => path),
    );
  };
  tell();
  const found = await Promise.all(
    checks.map(async (check) => {
      const findings = await withinLimit(check, clock);
      waiting.delete(check);
      tell();
      return findings;
    }),
  );
  return found.flat();
}

async function withinLimit(check: Check, clock: Clock): Promise<readonly Finding[]> {
  const findings = await within(clock, checkTimeoutMs, check.run());
  if (findings !== undefined) return findings;
  return [
    error(
      check.path,
      `this check did not finish within ${checkTimeoutMs / 1_000} s`,
      "try again; the network may be slow",
    ),
  ];
}
