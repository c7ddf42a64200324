import { isLanguage } from "../caller/language.js";
import type { PromptMatch } from "../softphone/prompt-recognition.js";
import type { HeardPrompt } from "./probe-event.js";

/** A recording counts as heard after this much of unambiguous audio, in milliseconds, or when played completely. */
const sureAfterMs = 600;
/** Measured over G.711: the right recording scores at least 0.9, one with only a similar beginning about 0.4. */
const sureScore = 0.75;
/** Detected start times of one recording differ by less than this, in milliseconds. */
const sameStartMs = 250;

/** Deduplicates the recogniser's repeated results over all audio so far: each recording is reported once. */
export class HeardPrompts {
  readonly #heard: HeardPrompt[] = [];
  #lastEndMs = 0;

  get all(): readonly HeardPrompt[] {
    return this.#heard;
  }

  /** The end of the last known recording, in milliseconds since the start of audio; 0 if none was heard. */
  get lastEndMs(): number {
    return this.#lastEndMs;
  }

  /** @returns new recordings in order of time */
  look(matches: readonly PromptMatch[]): readonly HeardPrompt[] {
    const found = matches.filter(isSure);
    for (const { offsetMs, heardMs } of found) this.#lastEndMs = Math.max(this.#lastEndMs, offsetMs + heardMs);
    const fresh = found.map(promptOf).filter((prompt) => !this.#heard.some((known) => isSame(known, prompt)));
    this.#heard.push(...fresh);
    return fresh;
  }
}

function isSure(match: PromptMatch): boolean {
  return (
    match.complete || (match.heardMs >= sureAfterMs && match.score >= sureScore && match.alsoPossible.length === 0)
  );
}

/** Recordings are in directories by language: `de/enter-pin`. */
function promptOf({ name, offsetMs }: PromptMatch): HeardPrompt {
  const [folder = "", ...rest] = name.split("/");
  if (isLanguage(folder)) return { name: rest.join("/"), language: folder, offsetMs };
  return { name, language: undefined, offsetMs };
}

function isSame(one: HeardPrompt, other: HeardPrompt): boolean {
  return (
    one.name === other.name && one.language === other.language && Math.abs(one.offsetMs - other.offsetMs) < sameStartMs
  );
}
