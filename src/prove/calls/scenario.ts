import type { Config } from "../../config/config.js";
import type { Latch } from "../../util/latch.js";
import type { Mark } from "../mark.js";
import type { Evidence } from "./encryption.js";
import type { Caller, CallOutcome, TestCallTools } from "./test-call.js";

/** What a scenario works with. */
export interface ScenarioTools extends TestCallTools {
  readonly config: Config;
  /** Digits that a caller types, and that are looked for from then on. */
  readonly newPin: (title: string, digits: number) => Mark;
  /** A number that no trunk has. */
  readonly otherNumber: () => string;
  /** The PIN of the conference that runs for this. */
  readonly rightPin: Mark;
  /** The PIN of a room whose conference does not run; `undefined`: this installation keeps no PINs. */
  readonly reservedPin: Mark | undefined;
  /** Looks at everything that can hold a mark while a call is up. */
  readonly observe: (stage: string) => Promise<void>;
  readonly noteEvidence: (evidence: readonly Evidence[]) => void;
  /** Plants and finds a variable on the call's own channel. */
  readonly plantOnChannel: (server: Config["mediaServers"][number], uuid: string) => Promise<void>;
  readonly endConference: () => Promise<void>;
  readonly stop: Latch<true>;
}

/** One call, placed for what could leak at the stage where it ends. */
export interface Scenario {
  readonly title: string;
  run(tools: ScenarioTools, caller: Caller): Promise<CallOutcome>;
}

export function went(ok: boolean, what: string): CallOutcome {
  return { ok, what };
}
