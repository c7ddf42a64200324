/** The types that the stages of a call share. Types only: they keep the stages free of circular imports. */
import type { CallerHasher } from "../caller/caller-hasher.js";
import type { Language } from "../caller/language.js";
import type { Pin } from "../caller/secret.js";
import type { Clock } from "../util/clock.js";
import type { Latch } from "../util/latch.js";
import type { Result } from "../util/result.js";
import type { Appearances } from "./appearance.js";
import type { CallScope } from "./call-scope.js";
import type { EndCause } from "./cause.js";
import type { CallerTime } from "./hold.js";
import type {
  Admitted,
  AudioBridge,
  AudioBridges,
  Bridge,
  CallerEndpoint,
  CallerLine,
  Conference,
  Directory,
  IdentityClaims,
  MediaServers,
  NodeProbe,
  Origin,
  SlotRefusal,
  Trunks,
  Turn,
  WithheldRemovals,
} from "./interfaces.js";
import type { JoinPacer } from "./join-pacer.js";
import type { CallFacts, CallProgress, PinOutcome, Stage } from "./progress.js";
import type { CallerGuesses } from "./restraint.js";
import type { CallSettings } from "./settings.js";
import type { Tries } from "./tries.js";

/** The services that all calls share. */
export interface CallServices {
  readonly clock: Clock;
  readonly trunks: Trunks;
  /** Replaces callers' numbers by keyed hashes. */
  readonly hasher: Pick<CallerHasher, "hash" | "pseudonymIn">;
  readonly media: MediaServers;
  readonly directory: Directory;
  readonly nodes: NodeProbe;
  /** Spaces out the joins of callers who have waited for the same meeting. */
  readonly joinPacer: JoinPacer;
  /** Acquires a call slot (limits in total, per trunk and per caller); returns the function that releases it. */
  readonly acquireSlot: (admitted: Admitted) => Result<() => void, SlotRefusal | "draining">;
  /** Asks whether the machines have the capacity for one more call; synchronous, before anything is spent on the call. */
  readonly takeTurn: (origin: Origin) => Result<Turn, "overloaded">;
  /** Acquires the call slot of a resumed call, whatever the limits: it is up already. */
  readonly resumeSlot: (admitted: Admitted) => () => void;
  /** Acquires a slot for waiting for a conference; returns the function that releases it. */
  readonly acquireWaitingSlot: (pin: Pin, origin: Origin) => Result<() => void, "waiting-full">;
  readonly removals: WithheldRemovals;
  readonly audioBridges: AudioBridges;
  readonly identityClaims: IdentityClaims;
  /** The caller's wrong PINs, counted across calls. */
  readonly guesses: (admitted: Admitted) => CallerGuesses;
  /** Set when einwahl shuts down: all calls end, or are left to another process ("handed-over"). */
  readonly shutdown: Latch<EndCause>;
  /** The random id of this process, in the records of its calls. */
  readonly owner: string;
  /** The call's id in the log. */
  readonly callId: string;
  /** Milliseconds since 1970. */
  readonly today: () => number;
  /** Records that the caller is in the conference with this number; returns the function that ends the record. */
  readonly entered: (voiceBridge: Pin, origin: Origin) => () => void;
  readonly onStage: (stage: Stage, facts: CallFacts) => void;
  /** Called for each PIN that was looked up. */
  readonly onPin: (outcome: PinOutcome, origin: Origin) => void;
  readonly onBug: (error: unknown) => void;
}

/** The state of an answered call that does not depend on its channel: it lives on when the call moves to another one. */
export interface CallState {
  readonly progress: CallProgress;
  /** The caller's wrong PINs, across calls. */
  readonly guesses: CallerGuesses;
  /** The tries of this call. */
  readonly tries: Tries;
  readonly appearances: Pick<Appearances, "in" | "known">;
  /** The step that runs, with what another channel needs to continue there. */
  at: Next;
  /** The caller changes it with `**`. */
  language: Language;
  /** Whether the key hints have been played in this call. */
  hints: "due" | "said";
  /** Number of conferences that ended while the caller was in them. */
  conferencesOver: number;
  /** Total time spent waiting for conferences to start, in milliseconds. */
  waitedMs: number;
}

/** An answered call, whatever its channel. */
export interface AnsweredCall {
  readonly call: CallerLine;
  readonly admitted: Admitted;
  readonly services: CallServices;
  readonly settings: CallSettings;
  readonly state: CallState;
}

/** An answered call on one channel, shared by the stages. */
export interface CallContext {
  readonly endpoint: CallerEndpoint;
  readonly admitted: Admitted;
  readonly scope: CallScope;
  /** Waits for input of the caller; its clock stands still on hold. */
  readonly callerScope: CallScope;
  readonly callerTime: CallerTime;
  readonly services: CallServices;
  readonly settings: CallSettings;
  readonly state: CallState;
  /** The parts of `state` that are never replaced. */
  readonly progress: CallProgress;
  readonly guesses: CallerGuesses;
  readonly tries: Tries;
  /** Updates the call's record. @param leg the leg to the conference that is up now */
  readonly keep: (leg?: ConferenceLeg) => void;
}

/** An answered leg to a conference. */
export interface ConferenceLeg {
  readonly bridge: Bridge;
  readonly audio: AudioBridge;
}

/** The conference to join next. */
export interface Destination {
  readonly pin: Pin;
  readonly conference: Conference;
  /** End of the waiting time by the clock, if the caller has waited for it; else `undefined`. */
  readonly waitUntil: number | undefined;
  /** `back`: the caller was there, or was about to join, when the channel was lost. */
  readonly arrival: "first" | "back";
}

/** Why the caller is asked for a PIN. */
export type Occasion = "greeting" | "another-conference" | "conference-ended" | "unknown-after-all";

/** The conference has not started, or could not be joined. */
export interface Wait {
  readonly kind: "wait";
  readonly pin: Pin;
  /** End of the waiting time by the clock; `undefined` on the first wait. */
  readonly until: number | undefined;
  /** `gap`: the caller has waited on another channel, and the conference may have started since. */
  readonly after: "look-up" | "failed-join" | "gap";
}

/** The next step of a call; each step returns one. */
export type Next =
  | { readonly kind: "ask"; readonly why: Occasion }
  | Wait
  /** `leg`: another process has joined already. */
  | { readonly kind: "join"; readonly destination: Destination; readonly leg?: ConferenceLeg }
  /** To the conference in which the caller was when the channel was lost, if it still runs. */
  | { readonly kind: "come-back"; readonly destination: Destination }
  | Ended;

/** The call has ended, or must end. */
export interface Ended {
  readonly kind: "ended";
  readonly cause: EndCause;
}
