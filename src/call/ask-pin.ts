import type { Language } from "../caller/language.js";
import { Pin } from "../caller/secret.js";
import type { EndCause } from "./cause.js";
import type { CallContext, Ended, Next, Occasion } from "./context.js";
import type { Lookup, Sound } from "./interfaces.js";
import type { PromptName } from "./prompts.js";
import { readPin } from "./read-pin.js";
import { inLanguage, playing, sayLast } from "./speech.js";
import { restraintFrom } from "./wrong-pins.js";

interface Opening {
  readonly prompts: readonly PromptName[];
  /** End cause and farewell if the caller types nothing. */
  readonly silence: {
    readonly cause: EndCause;
    readonly farewell: readonly PromptName[];
    readonly times: "once" | "as-often-as-tries";
  };
}

const noInput: Opening["silence"] = { cause: "no-input", farewell: ["no-input-goodbye"], times: "as-often-as-tries" };

const openings: Readonly<Record<Occasion, Opening>> = {
  greeting: { prompts: ["welcome", "enter-pin"], silence: noInput },
  "another-conference": { prompts: ["enter-pin"], silence: noInput },
  // Most callers are done after a conference: a silent one is not asked again.
  "conference-ended": {
    prompts: ["conference-ended", "enter-pin"],
    silence: { cause: "conference-ended", farewell: ["goodbye"], times: "once" },
  },
  "unknown-after-all": { prompts: ["pin-unknown", "enter-pin"], silence: noInput },
};

/** The caller hears an explanation if a lookup takes longer than this, in milliseconds. */
const explainAfterMs = 800;

/** Asks for a PIN until it leads to a conference, the tries are used up or the dialogue times out. */
export async function askForPin(context: CallContext, why: Occasion): Promise<Next> {
  const { settings, progress, tries, guesses, callerTime } = context;
  const deadline = callerTime.now() + settings.pin.dialogueTimeoutMs;
  progress.enter(why === "greeting" ? "greeting" : "asking");
  if (why !== "greeting") {
    const restraint = await restraintFrom(context, guesses.check());
    if (restraint.kind === "ended") return restraint;
    if (tries.areOver) return await sayLast(context, ["too-many-tries"], "too-many-tries");
  }
  const { silence } = openings[why];
  const maxSilences = silence.times === "once" ? 1 : settings.pin.tries;
  let { prompts } = openings[why];
  let last: { readonly cause: EndCause; readonly farewell: readonly PromptName[] } = silence;
  for (let silences = 0; tries.areLeft && silences < maxSilences;) {
    const entry = await readPin(context, request(context, prompts), deadline);
    switch (entry.kind) {
      case "ended":
        return entry;
      case "too-long":
        return await sayLast(context, ["no-input-goodbye"], "dialogue-too-long");
      case "switch-language":
        context.state.language = otherLanguage(context);
        prompts = ["welcome", "enter-pin"];
        tries.switchLanguage();
        context.keep();
        continue;
      case "silence":
        silences += 1;
        tries.silence();
        last = silence;
        prompts = ["pin-silence", "enter-pin"];
        continue;
      case "no-tries-left":
        return await sayLast(context, refusals.unknown.farewell, refusals.unknown.cause);
      case "typed":
        break;
    }
    progress.pinTyped();
    const pin = Pin.parse(entry.digits);
    if (!pin.ok) throw new Error("readPin returned digits that are not a PIN");
    // Count the PIN as wrong before the lookup: hanging up before the result must not save the try.
    const restraint = await restraintFrom(context, guesses.count());
    if (restraint.kind === "ended") return restraint;
    if (restraint.kind === "refused") return await sayLast(context, ["too-many-tries"], "too-many-tries");
    const looked = await lookUp(context, pin.value, restraint.kind === "slowed" ? restraint.delayMs : 0);
    switch (looked.kind) {
      case "ended":
        return looked;
      case "open":
        return {
          kind: "join",
          destination: { pin: pin.value, conference: looked.conference, waitUntil: undefined, arrival: "first" },
        };
      case "not-started":
        if (settings.waiting.limitMs > 0) return { kind: "wait", pin: pin.value, until: undefined, after: "look-up" };
        tries.use();
        break;
      case "unknown":
        tries.useWrong();
        break;
      default:
        tries.use();
        break;
    }
    context.keep();
    progress.enter("asking");
    const refusal = refusals[looked.kind];
    last = refusal;
    prompts = [refusal.told, "enter-pin"];
  }
  return await sayLast(context, last.farewell, last.cause);
}

/** The prompt for a PIN that leads to no conference; end cause and farewell if it was the last try. */
const refusals: Readonly<
  Record<
    Exclude<Lookup["kind"], "open">,
    { readonly told: PromptName; readonly cause: EndCause; readonly farewell: readonly PromptName[] }
  >
> = {
  "not-started": {
    told: "not-started-call-again",
    cause: "conference-not-started",
    farewell: ["not-started-call-again", "goodbye"],
  },
  unknown: { told: "pin-unknown", cause: "too-many-tries", farewell: ["pin-unknown", "too-many-tries"] },
  unavailable: {
    told: "service-unavailable",
    cause: "directory-unavailable",
    farewell: ["service-unavailable", "goodbye"],
  },
};

/** The next language of the dialled number, cyclically. */
function otherLanguage(context: CallContext): Language {
  const { languages } = context.admitted;
  const next = (languages.indexOf(context.state.language) + 1) % languages.length;
  return languages[next] ?? languages[0];
}

/** The prompts of one request. A second language is offered in that language. */
function request(context: CallContext, prompts: readonly PromptName[]): Sound[] {
  const other = otherLanguage(context);
  const sounds = inLanguage(context, prompts);
  if (other !== context.state.language && prompts.includes("welcome"))
    sounds.push({ prompt: "language-switch", language: other });
  return sounds;
}

/**
 * Looks up the PIN; on a slow lookup the caller hears an explanation and music.
 *
 * @param delayMs minimum response time for a throttled caller, right or wrong PIN alike: a fast answer would reveal a hit
 */
async function lookUp(context: CallContext, pin: Pin, delayMs: number): Promise<Lookup | Ended> {
  const { services, settings, progress, guesses, scope } = context;
  progress.enter("looking-up");
  let isCounted = false;
  const count = (outcome: Lookup): Lookup => {
    if (isCounted) return outcome;
    isCounted = true;
    services.onPin(outcome.kind, context.admitted.origin);
    if (outcome.kind !== "unknown") guesses.takeBack();
    return outcome;
  };
  // Count the outcome even if the caller hangs up meanwhile: the PIN was tested.
  const finding = services.directory.lookUp(pin).then(count);
  const answer = delayMs === 0 ? finding : Promise.all([finding, scope.pause(delayMs)]).then(([outcome]) => outcome);
  const looked = await playing(context, answer, explainAfterMs, settings.lookUpTimeoutMs + delayMs, ["please-wait"]);
  if (looked.kind === "ended") return looked;
  const outcome = looked.kind === "late" ? count({ kind: "unavailable" }) : looked.value;
  progress.lookedUp(outcome.kind);
  return outcome;
}
