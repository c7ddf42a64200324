import type { Clock } from "../util/clock.js";

/** Resolves after `ms` milliseconds. */
export async function pause(clock: Clock, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.after(ms, resolve);
  });
}
