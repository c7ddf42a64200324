import { Pin } from "../caller/secret.js";
import type { Conversation } from "./call.js";
import type { EndCause } from "./cause.js";
import type { Language } from "../caller/language.js";
import type { Conference, Lookup, Sound } from "./interfaces.js";
import { PinEntry } from "./pin-entry.js";
import type { PromptName } from "./prompts.js";
import { type Spoken, playing, say, sayLast } from "./speech.js";

/** How the dialogue came out: a conference, or the end of the call. */
export type Asked =
  | { readonly kind: "conference"; readonly pin: Pin; readonly conference: Conference }
  | { readonly kind: "ended"; readonly cause: EndCause };

/** What the caller made of one request for a PIN. */
type Entry =
  | { readonly kind: "typed"; readonly digits: string }
  | { readonly kind: "silence" }
  | { readonly kind: "switch-language" }
  | { readonly kind: "too-long" }
  | { readonly kind: "ended"; readonly cause: EndCause };

/** A caller who only switches languages is not asked for ever. */
const mostSwitches = 6;
/** More keys than three PINs and their corrections take. */
const mostKeys = 120;
/** A look-up that takes longer than this is explained to the caller, in milliseconds. */
const explainAfterMs = 800;
/** No prompt, nor a row of them, is longer; a bound against a media server that never reports the end. */
const longestPrompt = 60_000;

/**
 * Greets the caller and asks for the PIN until it leads to a conference, the tries are used up or the
 * time for the dialogue is over.
 */
export async function askForConference(conversation: Conversation): Promise<Asked> {
  const { settings, story, services } = conversation;
  const deadline = services.clock.now() + settings.pin.dialogueWithinMs;
  story.enter("greeting");
  let opening: readonly PromptName[] = ["welcome", "enter-pin"];
  let silences = 0;
  let lastOutcome: EndCause = "no-input";
  for (let tries = 0, switches = 0; tries < settings.pin.tries && silences < settings.pin.tries && switches <= mostSwitches;) {
    const entry = await readPin(conversation, opening, deadline);
    switch (entry.kind) {
      case "ended":
        return entry;
      case "too-long":
        return await sayLast(conversation, ["no-input-goodbye"], "dialogue-too-long");
      case "switch-language":
        conversation.language = otherLanguage(conversation);
        opening = ["welcome", "enter-pin"];
        switches += 1;
        continue;
      case "silence":
        silences += 1;
        lastOutcome = "no-input";
        opening = ["pin-silence", "enter-pin"];
        continue;
      case "typed":
        break;
    }
    tries += 1;
    story.pinTyped();
    const pin = Pin.parse(entry.digits);
    const looked = pin.ok ? await lookUp(conversation, pin.value) : ({ kind: "unknown" } as const);
    if (looked.kind !== "ended") services.onPin(looked.kind);
    switch (looked.kind) {
      case "ended":
        return looked;
      case "open":
        if (!pin.ok) break;
        return { kind: "conference", pin: pin.value, conference: looked.conference };
      case "not-started":
        lastOutcome = "conference-not-started";
        opening = ["not-started-call-again", "enter-pin"];
        break;
      case "no-telephone-audio":
        lastOutcome = "conference-unreachable";
        opening = ["conference-unavailable", "enter-pin"];
        break;
      case "unknown":
        lastOutcome = "too-many-tries";
        opening = ["pin-unknown", "enter-pin"];
        break;
      case "unavailable":
        lastOutcome = "directory-unavailable";
        opening = ["service-unavailable", "enter-pin"];
        break;
    }
  }
  return await sayLast(conversation, farewell(lastOutcome), lastOutcome);
}

function farewell(outcome: EndCause): readonly PromptName[] {
  switch (outcome) {
    case "directory-unavailable":
      return ["service-unavailable", "goodbye"];
    case "conference-not-started":
      return ["not-started-call-again", "goodbye"];
    case "conference-unreachable":
      return ["conference-unavailable", "goodbye"];
    case "too-many-tries":
      return ["pin-unknown", "too-many-tries"];
    default:
      return ["no-input-goodbye"];
  }
}

/** The next of the dialled number's languages, round and round. */
function otherLanguage(conversation: Conversation): Language {
  const { languages } = conversation.admitted;
  const next = (languages.indexOf(conversation.language) + 1) % languages.length;
  return languages[next] ?? languages[0];
}

/** The prompts of one request; the other language is offered in that language, where there is one. */
function request(conversation: Conversation, prompts: readonly PromptName[]): Sound[] {
  const other = otherLanguage(conversation);
  const sounds: Sound[] = prompts.map((prompt) => ({ prompt, language: conversation.language }));
  if (other !== conversation.language && prompts.includes("welcome")) sounds.push({ prompt: "language-switch", language: other });
  return sounds;
}

/** Plays the request and reads keys until the PIN is complete. The first key stops the prompt. */
async function readPin(conversation: Conversation, prompts: readonly PromptName[], deadline: number): Promise<Entry> {
  const { endpoint, waiting, services, settings, story } = conversation;
  const entry = new PinEntry(services.directory);
  let prompt: Spoken = say(conversation, request(conversation, prompts));
  try {
    for (let keys = 0; keys < mostKeys; ) {
      const left = deadline - services.clock.now();
      if (left <= 0) return { kind: "too-long" };
      const patience = prompt.isPlaying ? longestPrompt : entry.digits === "" ? settings.pin.firstKeyWithinMs : settings.pin.nextKeyWithinMs;
      const heard = await waiting.for(Promise.race([endpoint.keys.arrival(), ...(prompt.isPlaying ? [prompt.finished] : [])]), Math.min(patience, left));
      if (heard.kind === "ended") return heard;
      const key = endpoint.keys.take();
      if (key === undefined) {
        if (heard.kind === "done") continue; // the prompt is over: now the caller has time to answer
        if (left < patience) return { kind: "too-long" };
        return entry.digits === "" ? { kind: "silence" } : { kind: "typed", digits: entry.digits };
      }
      keys += 1;
      const typed = entry.type(key);
      // A `#` after a PIN that was complete without it is no answer to what is being said now.
      if (typed === "nothing") continue;
      prompt.stop();
      story.enter("asking");
      switch (typed) {
        case "complete":
          return { kind: "typed", digits: entry.digits };
        case "switch-language":
          return { kind: "switch-language" };
        case "cleared":
          prompt = say(conversation, request(conversation, ["pin-restart"]));
          break;
        case "more":
          break;
      }
    }
    return { kind: "too-long" };
  } finally {
    prompt.stop();
  }
}

/** Looks the PIN up; when that takes time the caller hears why, and music. */
async function lookUp(conversation: Conversation, pin: Pin): Promise<Lookup | { readonly kind: "ended"; readonly cause: EndCause }> {
  const { services, settings, story } = conversation;
  story.enter("looking-up");
  const looked = await playing(conversation, services.directory.find(pin), explainAfterMs, settings.lookUpWithinMs, ["please-wait"]);
  if (looked.kind === "ended") return looked;
  const outcome = looked.kind === "late" ? ({ kind: "unavailable" } as const) : looked.value;
  if (outcome.kind !== "open") story.enter("asking");
  return outcome;
}
