import type { LiveCalls } from "../http/services.js";
import type { Calls } from "./calls.js";

/** What front ends may know of the calls in progress. */
export function liveCalls(calls: Calls): LiveCalls {
  return {
    get calls() {
      return calls.count;
    },
    get conferences() {
      return calls.occupancy.conferences;
    },
    callsIn: (pin) => calls.occupancy.callsIn(pin),
  };
}
