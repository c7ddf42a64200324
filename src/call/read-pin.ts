import { maxPinLength, Pin } from "../caller/secret.js";
import type { CallContext, Ended } from "./context.js";
import type { Key } from "./dtmf-buffer.js";
import type { Directory, Sound } from "./interfaces.js";
import { inLanguage, maxPromptMs, say, type Spoken } from "./speech.js";
import type { Tries } from "./tries.js";
import { countTakenBack } from "./wrong-pins.js";

/** The caller's response to one request for a PIN. */
export type Entry =
  | { readonly kind: "typed"; readonly digits: string }
  | { readonly kind: "silence" }
  | { readonly kind: "switch-language" }
  /** Digits that were cleared or typed beyond a PIN's length have used up the last try. */
  | { readonly kind: "no-tries-left" }
  /** The whole dialogue has timed out. */
  | { readonly kind: "too-long" }
  | Ended;

/** Maximum of keys per request; three PINs with corrections take fewer. */
const maxKeys = 120;
/** How long a PIN that seems complete waits for the servers' check for a longer one, in milliseconds. */
const longerPinTimeoutMs = 1_500;

/** Plays the request and reads keys until the PIN is complete. The first key stops the prompt. */
export async function readPin(context: CallContext, request: readonly Sound[], deadline: number): Promise<Entry> {
  const entry = new PinEntry(context.services.directory, context.tries);
  const read = await readKeys(context, entry, request, deadline);
  // Digits without a `#` count like cleared ones: that they did not complete has shown the caller that they are no PIN.
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
  endpoint.dtmf.wantDigits();
  let prompt: Spoken = say(context, request);
  /** Whether the second pause is running, because a longer PIN starts with these digits. */
  let isLonger = false;
  /** Completion without `#`. */
  const completed = (): Entry => {
    endpoint.dtmf.completePin();
    return { kind: "typed", digits: entry.digits };
  };
  try {
    for (let keys = 0; keys < maxKeys;) {
      const leftMs = deadline - callerTime.now();
      if (leftMs <= 0) return { kind: "too-long" };
      const keyTimeoutMs =
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
        Math.min(keyTimeoutMs, leftMs),
      );
      if (heard.kind === "ended") return heard;
      const key = endpoint.dtmf.take();
      if (key === undefined) {
        if (isOn !== endpoint.hold.isOn) {
          keys += 1;
          // After a hold: repeat the request and restart the timeout.
          if (isOn && entry.digits === "" && prompt.state !== "playing") prompt = say(context, request);
          continue;
        }
        if (heard.kind === "done") continue; // the prompt has ended: start the key timeout
        if (leftMs < keyTimeoutMs) return { kind: "too-long" };
        if (entry.digits === "") return { kind: "silence" };
        const longer = isLonger ? no : await isPrefixOfAnother(context, entry);
        if (longer.kind === "ended") return longer;
        if (longer.kind === "no") return completed();
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
          return completed();
        case "known": {
          const longer = await hasLongerPin(context, entry.digits);
          if (longer.kind === "ended") return longer;
          if (longer.kind === "no") return completed();
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

type LongerPin = { readonly kind: "yes" | "no" } | Ended;
const no = { kind: "no" } as const;

/**
 * Whether the digits are a prefix of another room's PIN. A caller who pauses while typing that one must not land in the
 * shorter one's meeting, so such digits complete after a second pause only. On timeout the longer PIN is assumed.
 */
async function isPrefixOfAnother(context: CallContext, entry: PinEntry): Promise<LongerPin> {
  if (!isKnown(context, entry)) return no;
  return await ask(context, entry.digits, (pin) => context.services.directory.beginsAnother(pin), "yes");
}

function isKnown({ services }: CallContext, { digits }: PinEntry): boolean {
  return services.directory.matchPrefix(digits).complete;
}

/** Whether a longer PIN starts with these digits, e.g. of a breakout room that is newer than the directory's data. */
async function hasLongerPin(context: CallContext, digits: string): Promise<LongerPin> {
  return await ask(context, digits, (pin) => context.services.directory.hasLongerPin(pin), "no");
}

/** Asks the directory; a further key answers "yes", so that a caller who types on does not wait. */
async function ask(
  { endpoint, scope }: CallContext,
  digits: string,
  question: (pin: Pin) => Promise<boolean>,
  whenLate: "yes" | "no",
): Promise<LongerPin> {
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

/** The effect of a key on the PIN entry. */
export type Typed =
  /** The entry continues. */
  | "more"
  /** The entry continues past digits that would have completed if they were a PIN: the caller knows now that they are not. */
  | "typed-on"
  /** `#` after at least one digit. */
  | "ended"
  /** The maximum length of a PIN is reached. */
  | "longest"
  /** The digits are a known PIN of the maximum known length. */
  | "known"
  /** `*` after fewer digits than any PIN has. */
  | "cleared"
  /** `*` after enough digits for a PIN. */
  | "taken-back"
  | "switch-language"
  | "nothing";

/** Minimum length of BBB's PINs (its dialplan: `^(\d{5,11})$`). Clearing fewer digits is free, unless a known PIN is shorter. */
const usualShortest = 5;

/**
 * The PIN while it is typed: `#` ends it, `*` clears it, `**` switches the language.
 *
 * Without `#` it completes at one length only, that of the longest known PIN of a main room: each further length would be
 * one more guess whose outcome the caller sees.
 */
export class PinEntry {
  readonly #directory: Pick<Directory, "matchPrefix" | "pinLengths">;
  readonly #tries: Pick<Tries, "completion">;
  #digits = "";
  #last: Key | undefined;
  /** Whether the digits so far would have completed if they were a PIN. */
  #isTested = false;

  constructor(directory: Pick<Directory, "matchPrefix" | "pinLengths">, tries: Pick<Tries, "completion">) {
    this.#directory = directory;
    this.#tries = tries;
  }

  /** The digits so far, 0-9 only. */
  get digits(): string {
    return this.#digits;
  }

  /** Whether the digits are enough for a PIN. */
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
    // With a longer known PIN the digits would not have completed even if they were a PIN.
    this.#isTested = !match.longer;
    return "more";
  }
}
