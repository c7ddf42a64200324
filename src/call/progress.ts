import type { Clock } from "../util/clock.js";
import type { EndCause } from "./cause.js";
import type { Admitted, Lookup, Origin, ReceivedAudio } from "./interfaces.js";

/** The stages of a call, in their usual order. */
export const stages = [
  "ringing",
  "greeting",
  "asking",
  "looking-up",
  "waiting",
  "informing",
  "joining",
  "talking",
  "moving",
  "ending",
] as const;
export type Stage = (typeof stages)[number];

/** Facts that become known during a call. */
export type CallFacts = Partial<
  Pick<CallReport, "origin" | "trunk" | "calledNumberFrom" | "mediaServer" | "server" | "codec">
>;

/** The report of an ended call, for its log line and metrics. Contains neither the caller nor the PIN. */
export interface CallReport {
  readonly cause: EndCause;
  /** `undefined`: refused before its admission. */
  readonly origin: Admitted["origin"] | undefined;
  readonly trunk: string | undefined;
  /** The header that held the dialled number, never the number itself. */
  readonly calledNumberFrom: Admitted["calledNumberFrom"];
  readonly mediaServer: string | undefined;
  readonly server: string | undefined;
  readonly codec: string | undefined;
  /** SRTP suites; "none": plain RTP; `undefined`: the leg was never up. */
  readonly srtp: { readonly trunk: string | undefined; readonly bbb: string | undefined };
  /** Number of completed PINs. */
  readonly pinsTyped: number;
  /** The lookup results, in order. */
  readonly lookups: readonly Lookup["kind"][];
  /** Number of answered legs to conferences. */
  readonly joins: number;
  /** Reception statistics of the caller's RTP; `undefined`: never answered, or not available. */
  readonly audio: ReceivedAudio | undefined;
  /** The stages in order, a repeated one repeatedly, each with its duration in whole milliseconds. */
  readonly stages: readonly { readonly stage: Stage; readonly ms: number }[];
  readonly totalMs: number;
}

/** The progress of a call as another process continues it. Times are milliseconds ago. */
export interface Story {
  readonly startedMsAgo: number;
  readonly stage: Stage;
  readonly stageMsAgo: number;
  readonly stages: readonly { readonly stage: Stage; readonly ms: number }[];
  readonly server?: string | undefined;
  /** The SRTP suite of the leg to the conference. */
  readonly suite?: string | undefined;
  readonly pinsTyped: number;
  readonly lookups: readonly Lookup["kind"][];
  readonly joins: number;
}

/** Records the stages and facts of a call, for its report. */
export class CallProgress {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #onStage: (stage: Stage, facts: CallFacts) => void;
  readonly #stages: { stage: Stage; ms: number }[] = [];
  #stage: Stage = "ringing";
  #since: number;
  #facts: CallFacts = {};
  #srtp: { trunk: string | undefined; bbb: string | undefined } = { trunk: undefined, bbb: undefined };
  #pinsTyped = 0;
  readonly #lookups: Lookup["kind"][] = [];
  #joins = 0;
  #audio: ReceivedAudio | undefined;

  /** @param story of a call that another process has begun */
  constructor(clock: Clock, onStage: (stage: Stage, facts: CallFacts) => void, story?: Story) {
    this.#clock = clock;
    this.#startedAt = clock.now() - (story?.startedMsAgo ?? 0);
    this.#since = clock.now() - (story?.stageMsAgo ?? 0);
    this.#onStage = onStage;
    if (story === undefined) return;
    this.#stage = story.stage;
    this.#stages.push(...story.stages);
    this.#facts = { server: story.server };
    this.#srtp.bbb = story.suite;
    this.#pinsTyped = story.pinsTyped;
    this.#lookups.push(...story.lookups);
    this.#joins = story.joins;
  }

  get story(): Story {
    return {
      startedMsAgo: this.elapsed,
      stage: this.#stage,
      stageMsAgo: this.#clock.now() - this.#since,
      stages: [...this.#stages],
      server: this.#facts.server,
      suite: this.#srtp.bbb,
      pinsTyped: this.#pinsTyped,
      lookups: [...this.#lookups],
      joins: this.#joins,
    };
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Milliseconds since the INVITE. */
  get elapsed(): number {
    return this.#clock.now() - this.#startedAt;
  }

  enter(stage: Stage): void {
    if (stage === this.#stage) return;
    this.#close();
    this.#stage = stage;
    this.#onStage(stage, this.#facts);
  }

  /** Reports `ringing` once the INVITE is judged: observers need the origin from the first report on. */
  begin(facts: CallFacts): void {
    this.note(facts);
    this.#onStage(this.#stage, this.#facts);
  }

  note(facts: CallFacts): void {
    this.#facts = { ...this.#facts, ...facts };
  }

  noteSuite(side: "trunk" | "bbb", suite: string | undefined): void {
    this.#srtp[side] = suite ?? "none";
  }

  pinTyped(): void {
    this.#pinsTyped += 1;
  }

  lookedUp(outcome: Lookup["kind"]): void {
    this.#lookups.push(outcome);
  }

  joined(): void {
    this.#joins += 1;
  }

  noteAudio(audio: ReceivedAudio | undefined): void {
    this.#audio = audio;
  }

  report(cause: EndCause): CallReport {
    this.#close();
    return {
      cause,
      origin: this.#facts.origin,
      trunk: this.#facts.trunk,
      calledNumberFrom: this.#facts.calledNumberFrom,
      mediaServer: this.#facts.mediaServer,
      server: this.#facts.server,
      codec: this.#facts.codec,
      srtp: { ...this.#srtp },
      pinsTyped: this.#pinsTyped,
      lookups: [...this.#lookups],
      joins: this.#joins,
      audio: this.#audio,
      stages: [...this.#stages],
      totalMs: Math.round(this.elapsed),
    };
  }

  #close(): void {
    const now = this.#clock.now();
    this.#stages.push({ stage: this.#stage, ms: Math.round(now - this.#since) });
    this.#since = now;
  }
}

/** The lookup result of a typed PIN. */
export type PinOutcome = Lookup["kind"];

/** An observer of calls. Events contain neither the caller nor the PIN; the call id is valid in this process only. */
export interface CallWatcher {
  /** @param facts the facts known so far */
  onStage(callId: string, stage: Stage, facts: CallFacts): void;
  onPin?(callId: string, outcome: PinOutcome, origin: Origin): void;
  onEnd(callId: string, report: CallReport): void;
}

/** Combines several watchers into one that calls them in order. */
export function watchTogether(watchers: readonly CallWatcher[]): Required<CallWatcher> {
  return {
    onStage: (callId, stage, facts) => {
      for (const watcher of watchers) watcher.onStage(callId, stage, facts);
    },
    onPin: (callId, outcome, origin) => {
      for (const watcher of watchers) watcher.onPin?.(callId, outcome, origin);
    },
    onEnd: (callId, report) => {
      for (const watcher of watchers) watcher.onEnd(callId, report);
    },
  };
}

/** A watcher without synthetic calls. An INVITE that is refused before its admission counts as regular. */
export function regularOnly(watcher: Required<CallWatcher>): Required<CallWatcher> {
  return {
    onStage: (callId, stage, facts) => {
      if (facts.origin !== "synthetic") watcher.onStage(callId, stage, facts);
    },
    onPin: (callId, outcome, origin) => {
      if (origin !== "synthetic") watcher.onPin(callId, outcome, origin);
    },
    onEnd: (callId, report) => {
      if (report.origin !== "synthetic") watcher.onEnd(callId, report);
    },
  };
}
