import type { Bridge, BridgeFacts, BridgeFailure } from "../call/interfaces.js";
import { Latch } from "../latch.js";
import { type Result, failure, success } from "../result.js";
import type { FsEvent } from "./fsmrf.js";

/** Hang-up causes with which nobody has answered at all; every other one is an answer of the node's. */
const unreachable: ReadonlySet<string> = new Set([
  "NO_ANSWER",
  "NO_USER_RESPONSE",
  "RECOVERY_ON_TIMER_EXPIRE",
  "NORMAL_TEMPORARY_FAILURE",
  "DESTINATION_OUT_OF_ORDER",
  "NETWORK_OUT_OF_ORDER",
  "ALLOTTED_TIMEOUT",
  "PROGRESS_TIMEOUT",
  "GATEWAY_DOWN",
]);

/** Hang-up causes of an answered leg that tell of the node and not of the conference: silent, unreachable, being stopped. */
const nodeLost: ReadonlySet<string> = new Set([...unreachable, "MEDIA_TIMEOUT", "SYSTEM_SHUTDOWN"]);

/** How FreeSWITCH's `bridge` application reports itself. */
export interface BridgeSignals {
  /** The legs are connected. */
  readonly connected: (facts: Promise<BridgeFacts>) => void;
  /** The application has ended. */
  readonly completed: (event: FsEvent | undefined) => void;
}

/** Turns FreeSWITCH's reports into what the call waits for. */
export function watchBridge(commands: Pick<Bridge, "leave" | "send">): { readonly bridge: Bridge; readonly signals: BridgeSignals } {
  let settleAnswered: (outcome: Result<BridgeFacts, BridgeFailure>) => void = () => undefined;
  let failAnswered: (error: unknown) => void = () => undefined;
  const over = new Latch<"ended" | "lost">();
  const bridge: Bridge = {
    answered: new Promise((resolve, reject) => {
      settleAnswered = resolve;
      failAnswered = reject;
    }),
    over,
    ...commands,
  };
  const signals: BridgeSignals = {
    connected: (facts) => {
      // A leg that ends before its facts are there has still settled: nobody waits for what nobody can tell.
      facts.then((value) => {
        settleAnswered(success(value));
      }, failAnswered);
    },
    completed: (event) => {
      settleAnswered(failure(failureOf(event)));
      over.set(nodeLost.has(event?.getHeader("variable_bridge_hangup_cause") ?? "") ? "lost" : "ended");
    },
  };
  return { bridge, signals };
}

function failureOf(event: FsEvent | undefined): BridgeFailure {
  const cause = event?.getHeader("variable_originate_disposition") ?? event?.getHeader("variable_last_bridge_hangup_cause") ?? "";
  return unreachable.has(cause) ? "conference-unreachable" : "conference-refused";
}
