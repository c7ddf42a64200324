import { maxPinLength, Pin } from "../caller/secret.js";
import type { CallContext, Ended } from "./context.js";
import type { Key } from "./dtmf-buffer.js";
import type { Directory, Sound } from "./interfaces.js";
import { inLanguage, maxPromptMs, say, type Spoken } from "./speech.js";
import type { Tries } from "./tries.js";
import { countTakenBack } from "./wrong-pins.js";

/** What the caller made of one request for a PIN. */
export type Entry =
  | { readonly kind: "typed"; readonly digits: string }
  | { readonly kind: "silence" }
  | { readonly kind: "switch-language" }
  /** Digits that were taken back, or typed on, have used up the last try. */
  | { readonly kind: "no-tries-left" }
  /** The time for the whole dialogue is over. */
  | { readonly kind: "too-long" }
  | Ended;

/** More keys than three PINs and their corrections take. */
const maxKeys = 120;
/** How long a PIN that seems to be whole waits for the servers to say that it is not, in milliseconds. */
const longerPinTimeoutMs = 1_500;

/** Plays the request and reads keys until the PIN is whole. The first key stops the prompt. */
export async function readPin(context: CallContext, request: readonly Sound[], deadline: number): Promise<Entry> {
  const entry = new PinEntry(context.services.directory, context.tries);
  const read = await readKeys(context, entry, request, deadline);
  // Digits that are left behind have shown as much as those that are cleared: they did not complete.
  if ((read.kind === "ended" || read.kind === "too-long") && entry.mayBePin && !isKnown(context, entry))
    await countTakenBack(context);
  return read;
}

async function readKeys(
  context: CallContext,
  entry: PinEntry,
  request: readonly Sound[],
  deadline: number,
): Promise<Entry> {
  const { endpoint, callerScope, callerTime, settings, progress, tries } = context;
  let prompt: Spoken = say(context, request);
  /** Whether the caller has had a second pause since a longer PIN goes on after the digits. */
  let isLonger = false;
  /** Without `#`; one that comes all the same says nothing more. */
  const endOfItself = (): Entry => {
    endpoint.dtmf.expect("#");
    return { kind: "typed", digits: entry.digits };
  };
  try {
    for (let keys = 0; keys < maxKeys;) {
      const left = deadline - callerTime.now();
      if (left <= 0) return { kind: "too-long" };
      const patience =
        prompt.state === "playing"
          ? maxPromptMs
          : entry.digits === ""
            ? settings.pin.firstKeyTimeoutMs
            : settings.pin.nextKeyTimeoutMs;
      const { isOn } = endpoint.hold;
      const heard = await callerScope.within(
        Promise.race([
          endpoint.dtmf.arrival(),
          endpoint.hold.changed(),
          ...(prompt.state === "playing" ? [prompt.finished] : []),
        ]),
        Math.min(patience, left),
      );
      if (heard.kind === "ended") return heard;
      const key = endpoint.dtmf.take();
      if (key === undefined) {
        if (isOn !== endpoint.hold.isOn) {
          keys += 1;
          // Back from a hold the caller is asked again, and has the whole time for the next key.
          if (isOn && entry.digits === "" && prompt.state !== "playing") prompt = say(context, request);
          continue;
        }
        if (heard.kind === "done") continue; // the prompt is over: now the caller has time to answer
        if (left < patience) return { kind: "too-long" };
        if (entry.digits === "") return { kind: "silence" };
        const goesOn = isLonger ? no : await isBeginning(context, entry);
        if (goesOn.kind === "ended") return goesOn;
        if (goesOn.kind === "no") return endOfItself();
        isLonger = true;
        continue;
      }
      keys += 1;
      const typed = entry.type(key);
      if (typed === "nothing") continue;
      prompt.stop();
      progress.enter("asking");
      switch (typed) {
        case "ended":
          return { kind: "typed", digits: entry.digits };
        case "longest":
          return endOfItself();
        case "known": {
          const goesOn = await mayGoOn(context, entry.digits);
          if (goesOn.kind === "ended") return goesOn;
          if (goesOn.kind === "no") return endOfItself();
          break;
        }
        case "switch-language":
          return { kind: "switch-language" };
        case "taken-back":
        case "typed-on": {
          const ended = await countTakenBack(context);
          if (ended !== undefined) return ended;
          if (!tries.areLeft) return { kind: "no-tries-left" };
          if (typed === "taken-back") prompt = say(context, inLanguage(context, ["pin-restart"]));
          break;
        }
        case "cleared":
          prompt = say(context, inLanguage(context, ["pin-restart"]));
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

type GoesOn = { readonly kind: "yes" | "no" } | Ended;
const no = { kind: "no" } as const;

/**
 * A caller who pauses within a longer PIN must not get into the meeting whose PIN it begins with, which is a stranger's: after
 * a known PIN that another one goes on from, a second pause is needed. Without an answer the longer one is assumed.
 */
async function isBeginning(context: CallContext, entry: PinEntry): Promise<GoesOn> {
  if (!isKnown(context, entry)) return no;
  return await ask(context, entry.digits, (pin) => context.services.directory.beginsAnother(pin), "yes");
}

function isKnown({ services }: CallContext, { digits }: PinEntry): boolean {
  return services.directory.matchPrefix(digits).complete;
}

/** Whether a PIN goes on after these digits, as that of a breakout room does which is newer than what the directory knows. */
async function mayGoOn(context: CallContext, digits: string): Promise<GoesOn> {
  return await ask(context, digits, (pin) => context.services.directory.hasLongerPin(pin), "no");
}

/** The next key answers that as well, so a caller who types on waits for nothing. */
async function ask(
  { endpoint, scope }: CallContext,
  digits: string,
  question: (pin: Pin) => Promise<boolean>,
  whenLate: "yes" | "no",
): Promise<GoesOn> {
  const pin = Pin.parse(digits);
  if (!pin.ok) return no;
  const answered = await scope.within(
    Promise.race([question(pin.value), endpoint.dtmf.arrival().then(() => true)]),
    longerPinTimeoutMs,
  );
  if (answered.kind === "ended") return answered;
  if (answered.kind === "late") return { kind: whenLate };
  return { kind: answered.value ? "yes" : "no" };
}

/** What a key has done to the PIN that is being typed. */
export type Typed =
  /** It goes on. */
  | "more"
  /** It goes on after digits that would have been complete if they were a PIN: so they are none. */
  | "typed-on"
  /** `#` after at least one digit. */
  | "ended"
  /** It has as many digits as a PIN can have. */
  | "longest"
  /** It is a known PIN, and as long as any. */
  | "known"
  /** `*` after fewer digits than a PIN has. */
  | "cleared"
  /** `*` after digits that may be a PIN. */
  | "taken-back"
  | "switch-language"
  | "nothing";

/** The least number of digits of BBB's own PINs (its dialplan: `^(\d{5,11})$`). Clearing fewer is free, unless a known PIN is shorter. */
const usualShortest = 5;

/**
 * The PIN as it is typed: `#` ends it, `*` starts over, `**` asks for the other language.
 *
 * Without `#` it is complete at one length only, that of the longest known PIN of a main room: each length at which it could
 * be complete would be a test of its own, of which the caller sees the outcome.
 */
export class PinEntry {
  readonly #directory: Pick<Directory, "matchPrefix" | "pinLengths">;
  readonly #tries: Pick<Tries, "completion">;
  #digits = "";
  #last: Key | undefined;
  /** Whether the digits so far would have been complete if they were a PIN. */
  #isTested = false;

  constructor(directory: Pick<Directory, "matchPrefix" | "pinLengths">, tries: Pick<Tries, "completion">) {
    this.#directory = directory;
    this.#tries = tries;
  }

  /** The digits so far; only digits. */
  get digits(): string {
    return this.#digits;
  }

  /** Whether the digits so far are as many as a PIN has. */
  get mayBePin(): boolean {
    return this.#digits.length >= Math.min(usualShortest, this.#directory.pinLengths?.shortest ?? usualShortest);
  }

  type(key: Key): Typed {
    const previous = this.#last;
    this.#last = key;
    if (key === "*") return this.#clear(previous);
    if (key === "#") return this.#digits === "" ? "nothing" : "ended";
    const wasTested = this.#isTested;
    this.#digits += key;
    const completed = this.#completed();
    if (completed !== "more") return completed;
    return wasTested ? "typed-on" : "more";
  }

  #clear(previous: Key | undefined): Typed {
    const cleared = this.mayBePin ? "taken-back" : "cleared";
    this.#digits = "";
    this.#isTested = false;
    if (previous !== "*") return cleared;
    this.#last = undefined;
    return "switch-language";
  }

  #completed(): "longest" | "known" | "more" {
    this.#isTested = false;
    const { length } = this.#digits;
    if (length >= maxPinLength) return "longest";
    if (this.#tries.completion === "explicit" || length !== this.#directory.pinLengths?.longest) return "more";
    const match = this.#directory.matchPrefix(this.#digits);
    if (match.complete && !match.longer) return "known";
    // Where a known PIN goes on, the digits would not be complete even if they were one.
    this.#isTested = !match.longer;
    return "more";
  }
}
