import type { CallServices } from "../call/context.js";
import { LivekitIdentities } from "../store/livekit-identities.js";
import { MeetingAudio } from "../store/meeting-audio.js";
import type { Stores } from "../store/open-stores.js";
import { Removals } from "../store/removals.js";

/** State about meetings that calls share: in memory, and in the store if any. */
export type CallMemory = Pick<CallServices, "removals" | "audioBridges" | "identityClaims">;

/** @param stores `undefined` before they are open, or if there are none */
export function makeCallMemory(
  stores: () =>
    { readonly [Name in "removals" | "audioBridges" | "identityClaims"]: Stores[Name] | undefined } | undefined,
): CallMemory {
  return {
    removals: new Removals(() => stores()?.removals),
    audioBridges: new MeetingAudio(() => stores()?.audioBridges),
    identityClaims: new LivekitIdentities(() => stores()?.identityClaims),
  };
}
