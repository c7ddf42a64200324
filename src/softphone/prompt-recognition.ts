import { countBits, Fingerprinter } from "./fingerprint.js";
import { type KnownPrompt, promptHop, readPrompts } from "./prompt-library.js";
import { sampleRate } from "./rtp/tone.js";

/** A prompt found in a recording. */
export interface PromptMatch {
  readonly name: string;
  /** Start of the prompt in the recording, milliseconds. */
  readonly offsetMs: number;
  /** Milliseconds of the file that were played; the file's length if complete. */
  readonly heardMs: number;
  /** False: interrupted. */
  readonly complete: boolean;
  /** 1 = identical bits, 0 = unrelated; a prompt over G.711 has at least 0.7. */
  readonly score: number;
  /** Other prompts with the same beginning that cannot be distinguished in the heard part. */
  readonly alsoPossible: readonly string[];
}

const recordingHop = promptHop / 2;
/** Minimum of non-silent frames for a match (500 ms), or the whole prompt if it is shorter. */
const headFrames = 50;
/** Maximum share of differing bits; unrelated sound has 0.5. */
const headErrors = 0.3;
const halfHeadErrors = 0.38;
/** A match is extended in stretches of this many frames while each one fits. */
const stretchFrames = 20;
const stretchErrors = 0.36;
/** Music or a louder sound may mask a prompt for this long (1.5 s). */
const hiddenFrames = 150;
/** Minimum of significant bits for a comparison: a sustained note hardly changes. */
const minBits = 60;
/** Minimum of frames: shorter sounds (30 ms or less audible) match by chance. */
const minFrames = 10;
/** Matches that end within this time have the same end. */
const sameEndMs = 150;
/** The same word in two recordings starts up to this far apart: another sound precedes it ("the", "this"), or the speed differs. */
const sameStartMs = 250;
const frameMs = (promptHop * 1000) / sampleRate;

/** A match and its amount of non-silence: a stretch may reach beyond a pause, which makes `heardMs` jump. */
interface Candidate extends PromptMatch {
  readonly audibleMs: number;
}

/** Search state of one prompt, in frames of the recording. */
interface Scan {
  next: number;
  readonly starts: number[];
  best: { readonly at: number; readonly errors: number } | undefined;
}

/** Recognises prompts in sound as it arrives. Memory grows by 2.4 kB per second. */
export class PromptRecogniser {
  readonly #prompts: readonly KnownPrompt[];
  readonly #heard = new Fingerprinter(recordingHop);
  readonly #scans = new Map<KnownPrompt, Scan>();

  constructor(prompts: readonly KnownPrompt[]) {
    this.#prompts = prompts;
  }

  push(pcm: Int16Array): void {
    this.#heard.push(pcm);
  }

  get durationMs(): number {
    return (this.#heard.length * recordingHop * 1000) / sampleRate;
  }

  /**
   * The prompts heard so far, in order of time. Of several matches for the same stretch the longest wins.
   *
   * @param fromMs excludes prompts that began earlier
   */
  matches(fromMs = 0): PromptMatch[] {
    const from = Math.floor((fromMs * sampleRate) / 1000 / recordingHop);
    const candidates = this.#prompts.flatMap((prompt) => this.#candidates(prompt, from));
    candidates.sort(bestFirst);
    const accepted: { match: Candidate; also: Set<string> }[] = [];
    for (const candidate of candidates) {
      const rival = accepted.find(({ match }) => overlap(match, candidate));
      if (rival === undefined) accepted.push({ match: candidate, also: new Set() });
      else if (sameBeginning(rival.match, candidate)) rival.also.add(candidate.name);
    }
    return accepted
      .map(({ match: { name, offsetMs, heardMs, complete, score }, also }) => ({
        name,
        offsetMs,
        heardMs,
        complete,
        score,
        alsoPossible: [...also].sort(),
      }))
      .sort((one, other) => one.offsetMs - other.offsetMs);
  }

  /** The match of this prompt, or of an indistinguishable one, that began at or after `fromMs`; complete only with `whole`. */
  heard(name: string, fromMs: number, whole: boolean): PromptMatch | undefined {
    const prompt = this.#prompts.find((each) => each.name === name);
    if (prompt === undefined) return undefined;
    const from = Math.floor((fromMs * sampleRate) / 1000 / recordingHop);
    // Compare the other prompts only if this one is a candidate.
    if (!this.#candidates(prompt, from).some((match) => match.complete || !whole)) return undefined;
    return this.matches(fromMs).find(
      (match) => (match.name === name || (!whole && match.alsoPossible.includes(name))) && (match.complete || !whole),
    );
  }

  #candidates(prompt: KnownPrompt, from: number): Candidate[] {
    const { starts, best } = this.#scan(prompt);
    const all = best === undefined ? starts : [...starts, best.at];
    return all.filter((at) => at >= from || from === 0).map((at) => this.#extended(prompt, at));
  }

  /** Searches the prompt's beginning in the sound since the last scan. */
  #scan(prompt: KnownPrompt): Scan {
    const known = this.#scans.get(prompt);
    // A recording may start within the leading silence of a prompt.
    const scan = known ?? { next: -2 * (prompt.frames[0] ?? 0), starts: [], best: undefined };
    if (known === undefined) this.#scans.set(prompt, scan);
    const head = Math.min(headFrames, prompt.frames.length);
    if (head < minFrames) return scan;
    const lastHead = (prompt.frames[head - 1] ?? 0) * 2;
    for (; scan.next + lastHead < this.#heard.length; scan.next++) {
      const at = scan.next;
      if (scan.best !== undefined && at - scan.best.at > 2 * head) {
        scan.starts.push(scan.best.at);
        scan.best = undefined;
      }
      // Cheap pre-check: half of the beginning excludes most places.
      if (this.#errors(prompt, at, 0, head >> 1) > halfHeadErrors) continue;
      const errors = this.#errors(prompt, at, 0, head);
      if (errors <= headErrors && (scan.best === undefined || errors < scan.best.errors)) scan.best = { at, errors };
    }
    return scan;
  }

  /** Share of differing bits among the significant ones, between frames `from` to `to` of the prompt and the recording. */
  #errors(prompt: KnownPrompt, at: number, from: number, to: number, ifUnknown = 0.5): number {
    let errors = 0;
    let bits = 0;
    for (let i = from; i < to; i++) {
      const certain = prompt.certain[i] ?? 0;
      errors += countBits(((prompt.bits[i] ?? 0) ^ this.#heard.bits(at + 2 * (prompt.frames[i] ?? 0))) & certain);
      bits += countBits(certain);
    }
    return bits < minBits ? ifUnknown : errors / bits;
  }

  #extended(prompt: KnownPrompt, at: number): Candidate {
    const total = prompt.frames.length;
    const fits = (from: number, to: number, limit: number, ifUnknown: number): boolean =>
      at + 2 * (prompt.frames[to - 1] ?? 0) < this.#heard.length &&
      this.#errors(prompt, at, Math.max(0, from), to, ifUnknown) <= limit;
    let end = Math.min(headFrames, total);
    for (let hidden = 0; end + hidden < total && hidden < hiddenFrames;) {
      const to = end + hidden + 1;
      const goesOn =
        hidden === 0
          ? fits(to - stretchFrames, to, stretchErrors, 0)
          : hidden >= headFrames && fits(to - headFrames, to, headErrors, 1);
      if (goesOn) [end, hidden] = [to, 0];
      else hidden += 1;
    }
    // The last syllable may fade within the 64 ms that a frame covers.
    const complete = end >= total - 6;
    return {
      name: prompt.name,
      offsetMs: (at * recordingHop * 1000) / sampleRate,
      heardMs: complete ? prompt.durationMs : (prompt.frames[end - 1] ?? 0) * frameMs,
      complete,
      score: 1 - 2 * this.#errors(prompt, at, 0, end),
      alsoPossible: [],
      audibleMs: end * frameMs,
    };
  }
}

/**
 * Which of the prompts in a folder occur in a recording, in order of time.
 *
 * @param recorded 8 kHz mono, for example a phone's recording
 * @param wavDir folder of 8 kHz mono WAV files, sub-folders included; rejects if one of them can't be read
 */
export async function whichPrompt(recorded: Int16Array, wavDir: string): Promise<PromptMatch[]> {
  const prompts = await readPrompts(wavDir);
  if (!prompts.ok) throw new Error(`${prompts.failure.path}: ${prompts.failure.reason}`);
  const recogniser = new PromptRecogniser(prompts.value);
  recogniser.push(recorded);
  return recogniser.matches();
}

/** The longest match first; a complete prompt before one interrupted at about the same place. */
function bestFirst(one: PromptMatch, other: PromptMatch): number {
  const worth = (match: PromptMatch): number => match.heardMs + (match.complete ? sameEndMs : 0) + match.score;
  return worth(other) - worth(one);
}

function overlap(one: PromptMatch, other: PromptMatch): boolean {
  const shared =
    Math.min(one.offsetMs + one.heardMs, other.offsetMs + other.heardMs) - Math.max(one.offsetMs, other.offsetMs);
  return shared > 0.3 * Math.min(one.heardMs, other.heardMs);
}

function sameBeginning(accepted: Candidate, other: Candidate): boolean {
  const apartMs = Math.abs(accepted.offsetMs - other.offsetMs);
  return (
    other.name !== accepted.name &&
    !other.complete &&
    apartMs < sameStartMs &&
    Math.abs(accepted.audibleMs - other.audibleMs) < sameEndMs + apartMs
  );
}
