import type { Language } from "../caller/language.js";
import type { Pin } from "../caller/secret.js";
import type { Appearance } from "./appearance.js";
import type { CallServices } from "./call.js";
import type { EndCause } from "./cause.js";
import type { CallerTime } from "./hold.js";
import type { Admitted, AudioBridge, CallerEndpoint, Conference } from "./interfaces.js";
import { askForPin, type Occasion } from "./pin-dialogue.js";
import type { CallerGuesses } from "./restraint.js";
import type { CallSettings } from "./settings.js";
import { sayLast } from "./speech.js";
import type { Story } from "./story.js";
import type { Tries } from "./tries.js";
import { visit } from "./visit.js";
import type { Waiting } from "./wait.js";
import { waitForStart } from "./wait-for-start.js";

/** An answered call on its way through dialogue and conferences. */
export interface Conversation {
  readonly endpoint: CallerEndpoint;
  readonly admitted: Admitted;
  readonly waiting: Waiting;
  /** Waits for what only a caller who hears can do. */
  readonly waitingForCaller: Waiting;
  readonly callerTime: CallerTime;
  readonly story: Story;
  readonly services: CallServices;
  readonly settings: CallSettings;
  /** The caller's wrong PINs, over calls. */
  readonly guesses: CallerGuesses;
  /** Those of the whole call. */
  readonly tries: Tries;
  /** As whom the caller enters a conference. */
  readonly appearIn: (conference: Conference, audio: AudioBridge) => Promise<Appearance>;
  /** Changes when the caller asks for the other language. */
  language: Language;
  /** Whether the caller still has to be told which keys there are. */
  hints: "due" | "said";
  /** Conferences that were over while the caller was in them. */
  conferencesOver: number;
  /** How long the caller has waited for conferences to begin, in milliseconds. */
  waitedMs: number;
}

/** A conference that the caller is to enter. */
export interface Destination {
  readonly pin: Pin;
  readonly conference: Conference;
  /** Until when the caller is ready to wait for it, by the clock; `undefined` for one that nobody had to wait for. */
  readonly waitUntil: number | undefined;
}

/** Each step of a conversation says what comes next. */
export type Next =
  | { readonly kind: "ask"; readonly why: Occasion }
  /** The conference has not begun, or could not be entered although it had; `until` is by the clock, `undefined` at first. */
  | { readonly kind: "wait"; readonly pin: Pin; readonly until: number | undefined }
  | { readonly kind: "visit"; readonly destination: Destination }
  | Ended;

/** The call is over, or has to end. */
export interface Ended {
  readonly kind: "ended";
  readonly cause: EndCause;
}

/** Far more conferences than anybody visits in one call. */
const mostSteps = 500;

/** From the greeting to the goodbye. */
export async function converse(conversation: Conversation): Promise<EndCause> {
  let next: Next = { kind: "ask", why: "greeting" };
  for (let steps = 0; steps < mostSteps; steps++) {
    switch (next.kind) {
      case "ask":
        next = await askForPin(conversation, next.why);
        break;
      case "wait":
        next = await waitForStart(conversation, next.pin, next.until);
        break;
      case "visit":
        next = await visit(conversation, next.destination);
        break;
      case "ended":
        return next.cause;
    }
  }
  return (await sayLast(conversation, ["no-input-goodbye"], "dialogue-too-long")).cause;
}
