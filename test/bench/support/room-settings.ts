import { randomInt } from "node:crypto";

/** How PINs are reserved in measurements: 9 digits as by default, and none is in use elsewhere. */
export const roomSettings = {
  pinLength: 9,
  restMs: 3_600_000,
  now: Date.now,
  randomBelow: (limit: number) => randomInt(limit),
  isInUse: () => false,
};
