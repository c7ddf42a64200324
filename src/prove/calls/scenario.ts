import type { Config } from "../../config/config.js";
import type { Latch } from "../../util/latch.js";
import type { Mark } from "../mark.js";
import type { Evidence } from "./encryption.js";
import type { Caller, CallOutcome, TestCallTools } from "./test-call.js";

/** The dependencies of a scenario. */
export interface ScenarioTools extends TestCallTools {
  readonly config: Config;
  /** Marked digits for a caller to type; searched for from then on. */
  readonly newPin: (title: string, digits: number) => Mark;
  /** A number not configured on any trunk. */
  readonly otherNumber: () => string;
  /** The PIN of the running test conference. */
  readonly rightPin: Mark;
  /** The PIN of a room whose conference is not running; `undefined`: this installation reserves no PINs. */
  readonly reservedPin: Mark | undefined;
  /** Searches all places that can contain a mark during a call. */
  readonly observe: (stage: string) => Promise<void>;
  readonly noteEvidence: (evidence: readonly Evidence[]) => void;
  /** Plants a variable on the call's own channel and finds it. */
  readonly plantOnChannel: (server: Config["mediaServers"][number], uuid: string) => Promise<void>;
  readonly endConference: () => Promise<void>;
  readonly stop: Latch<true>;
}

/** One call, to detect leaks at the stage where it ends. */
export interface Scenario {
  readonly title: string;
  run(tools: ScenarioTools, caller: Caller): Promise<CallOutcome>;
}

export function went(ok: boolean, what: string): CallOutcome {
  return { ok, what };
}
