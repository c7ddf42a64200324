import { Pin } from "../caller/secret.js";
import type { CallContext, Ended } from "./context.js";
import type { Sound } from "./interfaces.js";
import { PinEntry } from "./pin-entry.js";
import { inLanguage, maxPromptMs, say, type Spoken } from "./speech.js";
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
const goesOnTimeoutMs = 1_500;

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
    endpoint.keys.expect("#");
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
          endpoint.keys.arrival(),
          endpoint.hold.changed(),
          ...(prompt.state === "playing" ? [prompt.finished] : []),
        ]),
        Math.min(patience, left),
      );
      if (heard.kind === "ended") return heard;
      const key = endpoint.keys.take();
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
    Promise.race([question(pin.value), endpoint.keys.arrival().then(() => true)]),
    goesOnTimeoutMs,
  );
  if (answered.kind === "ended") return answered;
  if (answered.kind === "late") return { kind: whenLate };
  return { kind: answered.value ? "yes" : "no" };
}
