import process from "node:process";

import type { GuessThrottle } from "../../../src/store/guess-throttle.js";
import type { RoomStore } from "../../../src/store/room-store.js";
import { someAdmission, someSettings } from "../../support/call-harness.js";
import { fakeHasher } from "../../support/fake-day-keys.js";
import { fakePin } from "../../support/fake-directory.js";
import { reservedPinAt } from "./many-servers.js";

export interface LookupResult {
  readonly name: string;
  readonly lookups: number;
  /** CPU time of this process for one, in milliseconds. */
  readonly cpuMs: number;
  /** Real milliseconds from the question to the answer; ascending. */
  readonly tookMs: readonly number[];
}

/** Looks up reserved PINs at a store, and counts each as a wrong one until it is known, as a call does. */
export async function measureLookups(
  name: string,
  {
    rooms,
    throttle,
    reserved,
  }: { readonly rooms: RoomStore; readonly throttle: GuessThrottle; readonly reserved: number },
  { lookups, atOnce }: { readonly lookups: number; readonly atOnce: number },
): Promise<LookupResult> {
  const caller = { trunk: "trunk", caller: fakeHasher().hash(someAdmission().caller, someSettings) };
  const tookMs: number[] = [];
  let asked = 0;
  const before = process.cpuUsage();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let at = asked++; at < lookups; at = asked++) {
        const begun = performance.now();
        const guesses = throttle.callerOf(caller);
        await guesses.count();
        const found = await rooms.findByPin(fakePin(reservedPinAt((at * 7_919) % reserved)));
        if (!found.ok || found.value === undefined) throw new Error("a reserved PIN is not found");
        guesses.takeBack();
        tookMs.push(performance.now() - begun);
      }
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return {
    name,
    lookups,
    cpuMs: (user + system) / 1_000 / lookups,
    tookMs: tookMs.sort((left, right) => left - right),
  };
}
