/** What the stages of a call share: types only, so that no stage has to import another one for them. */
import type { CallerHasher } from "../caller/caller-hasher.js";
import type { Language } from "../caller/language.js";
import type { Pin } from "../caller/secret.js";
import type { Clock } from "../util/clock.js";
import type { Latch } from "../util/latch.js";
import type { Result } from "../util/result.js";
import type { Appearance } from "./appearance.js";
import type { CallScope } from "./call-scope.js";
import type { EndCause } from "./cause.js";
import type { CallerTime } from "./hold.js";
import type {
  Admitted,
  AudioBridge,
  AudioBridges,
  CallerEndpoint,
  Conference,
  Directory,
  IdentityClaims,
  MediaServers,
  NodeProbe,
  Origin,
  SlotRefusal,
  Trunks,
  WithheldRemovals,
} from "./interfaces.js";
import type { JoinPacer } from "./join-pacer.js";
import type { CallFacts, CallProgress, PinOutcome, Stage } from "./progress.js";
import type { CallerGuesses } from "./restraint.js";
import type { CallSettings } from "./settings.js";
import type { Tries } from "./tries.js";

/** What every call shares. */
export interface CallServices {
  readonly clock: Clock;
  readonly trunks: Trunks;
  /** Puts keyed hashes in the place of callers' numbers. */
  readonly hasher: Pick<CallerHasher, "hash" | "pseudonymIn">;
  readonly media: MediaServers;
  readonly directory: Directory;
  readonly nodes: NodeProbe;
  /** Spreads the entries of callers who have waited for the same moment. */
  readonly joinPacer: JoinPacer;
  /** Takes one of the places that the operator allows, in all, over the call's trunk and for the caller; the returned function gives it back. */
  readonly acquireSlot: (admitted: Admitted) => Result<() => void, SlotRefusal | "draining">;
  /** Takes one of the places of those who wait for a conference; the returned function gives it back. */
  readonly acquireWaitingSlot: (pin: Pin, origin: Origin) => Result<() => void, "waiting-full">;
  readonly removals: WithheldRemovals;
  readonly audioBridges: AudioBridges;
  readonly identityClaims: IdentityClaims;
  /** The caller's wrong PINs, counted over calls. */
  readonly guesses: (admitted: Admitted) => CallerGuesses;
  /** Set when einwahl stops and the calls have to end. */
  readonly shutdown: Latch<EndCause>;
  /** The caller is in the conference with this number; the returned function says that it is over. */
  readonly entered: (voiceBridge: Pin, origin: Origin) => () => void;
  readonly onStage: (stage: Stage, facts: CallFacts) => void;
  /** A PIN was typed and looked up. */
  readonly onPin: (outcome: PinOutcome, origin: Origin) => void;
  readonly onBug: (error: unknown) => void;
}

/** An answered call on its way through dialogue and conferences. */
export interface CallContext {
  readonly endpoint: CallerEndpoint;
  readonly admitted: Admitted;
  readonly scope: CallScope;
  /** Waits for what only a caller who hears can do. */
  readonly callerScope: CallScope;
  readonly callerTime: CallerTime;
  readonly progress: CallProgress;
  readonly services: CallServices;
  readonly settings: CallSettings;
  /** The caller's wrong PINs, over calls. */
  readonly guesses: CallerGuesses;
  /** Those of the whole call. */
  readonly tries: Tries;
  /** As whom the caller enters a conference. */
  readonly appearIn: (conference: Conference, audio: AudioBridge) => Promise<Appearance>;
  /** Changes when the caller asks for the other language. */
  language: Language;
  /** Whether the caller still has to be told which keys there are. */
  hints: "due" | "said";
  /** Conferences that were over while the caller was in them. */
  conferencesOver: number;
  /** How long the caller has waited for conferences to begin, in milliseconds. */
  waitedMs: number;
}

/** A conference that the caller is to enter. */
export interface Destination {
  readonly pin: Pin;
  readonly conference: Conference;
  /** Until when the caller is ready to wait for it, by the clock; `undefined` for one that nobody had to wait for. */
  readonly waitUntil: number | undefined;
}

/** Why the caller is asked for a PIN. */
export type Occasion = "greeting" | "another-conference" | "conference-ended" | "unknown-after-all";

/** Each step of a context says what comes next. */
export type Next =
  | { readonly kind: "ask"; readonly why: Occasion }
  /** The conference has not begun, or could not be entered although it had; `until` is by the clock, `undefined` at first. */
  | { readonly kind: "wait"; readonly pin: Pin; readonly until: number | undefined }
  | { readonly kind: "join"; readonly destination: Destination }
  | Ended;

/** The call is over, or has to end. */
export interface Ended {
  readonly kind: "ended";
  readonly cause: EndCause;
}
