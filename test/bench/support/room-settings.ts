import { randomInt } from "node:crypto";

import type { RoomStoreSettings } from "../../../src/store/room-store.js";

/** How PINs are reserved in measurements: 9 digits as by default, and none is in use elsewhere. */
export const roomSettings: RoomStoreSettings = {
  pinLength: 9,
  restMs: 3_600_000,
  now: Date.now,
  randomBelow: (limit) => randomInt(limit),
  isInUse: () => false,
};
