import { loudness } from "../../../../src/softphone/rtp/tone.js";
import type { Stalls } from "./stalls.js";

/** A time without packets, or without audible sound. */
export interface Pause {
  readonly kind: "gap" | "silence";
  /** By performance.now(). */
  readonly atMs: number;
  readonly ms: number;
}

/** The least pause that is kept, milliseconds. */
const least = { gap: 60, silence: 200 } as const;
const maxPauses = 1_000;
/** Root mean square as a share of full scale (-46 dB). */
const audible = 0.005;
/** What this process did not send arrives missing up to this much later: the way through the engines. */
const wayMs = 300;

/**
 * What one end of a call hears, without keeping the sound: the pauses without packets, and those without audible sound.
 * Times by performance.now().
 */
export class Recorder {
  readonly startedMs = performance.now();
  readonly #stalls: Stalls;
  readonly #pauses: Pause[] = [];
  /** When each frame came; 20 ms of sound each. */
  readonly #frames: number[] = [];
  #lastFrameMs: number | undefined;
  #lastSoundMs: number | undefined;
  #endedMs: number | undefined;

  constructor(stalls: Stalls) {
    this.#stalls = stalls;
  }

  hear(pcm: Int16Array): void {
    const now = performance.now();
    this.#frames.push(now);
    this.#note("gap", this.#lastFrameMs ?? this.startedMs, now);
    this.#lastFrameMs = now;
    if (loudness(pcm) < audible) return;
    this.#note("silence", this.#lastSoundMs ?? this.startedMs, now);
    this.#lastSoundMs = now;
  }

  /** Nothing is expected from now on. */
  end(): void {
    this.#endedMs ??= performance.now();
  }

  get endedMs(): number | undefined {
    return this.#endedMs;
  }

  /** When the sound at this place of the recording was heard. @param offsetMs of received sound */
  timeOf(offsetMs: number): number {
    return this.#frames[Math.floor(offsetMs / 20)] ?? performance.now();
  }

  /** Milliseconds of sound received so far. */
  get heardMs(): number {
    return this.#frames.length * 20;
  }

  /** All pauses, the one that lasts still included, cut off before `fromMs`. */
  pauses(kind: Pause["kind"], fromMs = 0): Pause[] {
    const last = (kind === "gap" ? this.#lastFrameMs : this.#lastSoundMs) ?? this.startedMs;
    const now = this.#endedMs ?? performance.now();
    const open: Pause[] = [{ kind, atMs: last, ms: this.#lasting(last, now) }];
    return [...this.#pauses.filter((pause) => pause.kind === kind), ...open].flatMap(({ atMs, ms }) => {
      const from = Math.max(atMs, fromMs);
      return atMs + ms > from ? [{ kind, atMs: from, ms: atMs + ms - from }] : [];
    });
  }

  /** The longest pause, of those from `fromMs` on, in whole milliseconds. */
  longest(kind: Pause["kind"], fromMs = 0): number {
    return Math.round(this.pauses(kind, fromMs).reduce((longest, { ms }) => Math.max(longest, ms), 0));
  }

  #note(kind: Pause["kind"], fromMs: number, nowMs: number): void {
    const ms = this.#lasting(fromMs, nowMs);
    if (ms >= least[kind] && this.#pauses.length < maxPauses) this.#pauses.push({ kind, atMs: fromMs, ms });
  }

  /** Without the time in which this process did not run. */
  #lasting(fromMs: number, toMs: number): number {
    return Math.max(0, toMs - fromMs - this.#stalls.within(fromMs - wayMs, toMs));
  }
}
