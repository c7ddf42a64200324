import type { Clock } from "../util/clock.js";
import type { Check } from "./check.js";
import { error, type Finding } from "./finding.js";

/** Each answer that a check waits for has its own limit; this is for a check that needs too many of them. */
const checkTimeoutMs = 30_000;

/**
 * Runs all checks at once and gives what they found, in the order of the checks.
 *
 * @param onProgress told of each check that has ended: how many have, and what is still going on
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
  return await new Promise((resolve, reject) => {
    const callOff = clock.after(checkTimeoutMs, () => {
      resolve([
        error(
          check.path,
          `this could not be looked at within ${checkTimeoutMs / 1_000} s`,
          "is the network very slow? try again",
        ),
      ]);
    });
    check
      .run()
      .then(resolve, reject)
      .finally(callOff)
      .catch(() => undefined);
  });
}
