import type { Clock } from "./clock.js";
import type { Settable } from "./latch.js";

/** Resolves after `ms` milliseconds. */
export async function sleep(clock: Clock, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.after(ms, resolve);
  });
}

/**
 * Waits for `promise`; resolves with `undefined` after `ms` milliseconds or as soon as `end` is set. Rejects as `promise`
 * does, unless it is late. Does not cancel the work behind `promise`.
 */
export async function within<Value>(
  clock: Clock,
  ms: number,
  promise: Promise<Value>,
  end?: Settable,
): Promise<Value | undefined> {
  let cancelTimer: () => void = () => undefined;
  let unsubscribe: (() => void) | undefined;
  const late = new Promise<undefined>((resolve) => {
    const settle = (): void => {
      resolve(undefined);
    };
    cancelTimer = clock.after(ms, settle);
    unsubscribe = end?.onSet(settle);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancelTimer();
    unsubscribe?.();
  }
}
