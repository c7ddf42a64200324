import { isLanguage } from "../caller/language.js";
import type { PromptMatch } from "../softphone/prompt-recognition.js";
import type { HeardPrompt } from "./probe-event.js";

/** A recording counts as heard when so much of it is unmistakable, in milliseconds, or when it was played whole. */
const sureAfterMs = 600;
/** Over G.711 the right recording has a score of 0.9 and more, one that only begins alike, elsewhere, 0.4 (measured). */
const sureScore = 0.75;
/** The beginning of one recording is found at places that differ by less than this, in milliseconds. */
const sameStartMs = 250;

/** Turns what the recogniser makes of all the sound so far, again and again, into each recording once. */
export class HeardPrompts {
  readonly #heard: HeardPrompt[] = [];
  #lastEndMs = 0;

  get all(): readonly HeardPrompt[] {
    return this.#heard;
  }

  /** Up to when a known recording was heard, in milliseconds since audio came; 0 when none was. */
  get lastEndMs(): number {
    return this.#lastEndMs;
  }

  /** @returns what is new, in order of time */
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

/** The recordings lie in folders by language: `de/enter-pin`. */
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
