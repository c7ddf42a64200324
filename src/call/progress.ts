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
  "ending",
] as const;
export type Stage = (typeof stages)[number];

/** What is learnt of a call on its way. */
export type CallFacts = Partial<
  Pick<CallReport, "origin" | "trunk" | "calledNumberFrom" | "mediaServer" | "server" | "codec">
>;

/** The whole progress of a call, without who called and without the PIN: one log line, one metric. */
export interface CallReport {
  readonly cause: EndCause;
  /** `undefined`: refused before its admission. */
  readonly origin: Admitted["origin"] | undefined;
  readonly trunk: string | undefined;
  /** The header that named the dialled number, and never the number. */
  readonly calledNumberFrom: Admitted["calledNumberFrom"];
  readonly mediaServer: string | undefined;
  readonly server: string | undefined;
  readonly codec: string | undefined;
  /** SRTP suites; "none" is plain RTP, `undefined` means that the call never got there. */
  readonly srtp: { readonly trunk: string | undefined; readonly bbb: string | undefined };
  /** PINs that were typed to their end. */
  readonly pinsTyped: number;
  /** What became of them, in their order. */
  readonly lookups: readonly Lookup["kind"][];
  /** Legs to conferences that were answered. */
  readonly joins: number;
  /** How well the caller was heard; `undefined`: the call never got there, or nobody can tell. */
  readonly audio: ReceivedAudio | undefined;
  /** Each stage with its duration in whole milliseconds, as often as the call was in it. */
  readonly stages: readonly { readonly stage: Stage; readonly ms: number }[];
  readonly totalMs: number;
}

/** Follows a call from stage to stage and becomes its report. */
export class CallProgress {
  readonly #clock: Clock;
  readonly #begun: number;
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

  constructor(clock: Clock, onStage: (stage: Stage, facts: CallFacts) => void) {
    this.#clock = clock;
    this.#begun = clock.now();
    this.#since = this.#begun;
    this.#onStage = onStage;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Milliseconds since the INVITE. */
  get elapsed(): number {
    return this.#clock.now() - this.#begun;
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

/** What a PIN that was typed came to. */
export type PinOutcome = Lookup["kind"];

/** Whoever watches calls: none of it tells who calls or which PIN was typed. The id means nothing outside this process. */
export interface CallWatcher {
  /** @param facts what is known of the call by now */
  onStage(callId: string, stage: Stage, facts: CallFacts): void;
  onPin?(callId: string, outcome: PinOutcome, origin: Origin): void;
  onEnd(callId: string, report: CallReport): void;
}

/** One watcher that tells several, in their order. */
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
