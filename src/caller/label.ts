import type { KnownCaller } from "./known-caller.js";
import type { Language } from "./language.js";

/** What a conference shows of a caller; each text has passed `labelTemplateFault` or `labelWordFault`. */
export interface LabelSettings {
  /** Fixed text, with `{last4}` for the last four digits of the caller's number. */
  readonly template: Readonly<Record<Language, string>>;
  /** Shown instead for a caller with a withheld number. */
  readonly anonymous: Readonly<Record<Language, string>>;
  /** Shown instead if the number is too short to show a part of it, or is not a number. */
  readonly unreadable: Readonly<Record<Language, string>>;
  /** The same in LiveKit meetings, which show the last four characters of the From user; each has passed `livekitWordFault`. */
  readonly livekit: {
    readonly anonymous: Readonly<Record<Language, string>>;
    readonly unreadable: Readonly<Record<Language, string>>;
  };
}

export const defaultLabels: LabelSettings = {
  template: { de: "{last4}", en: "{last4}" },
  anonymous: { de: "Anonym", en: "No number" },
  unreadable: { de: "Telefon", en: "Phone" },
  livekit: { anonymous: { de: "Anon", en: "Anon" }, unreadable: { de: "Tel.", en: "Tel." } },
};

const placeholder = "{last4}";

/** Size of BBB's database columns for names, in characters. */
const maxLabelLength = 100;

/** Text in a name by which BBB classifies a caller as a web user (see docs/reference/bigbluebutton.md), in lower case. */
const markers = ["bbbid", "global_audio_", "listenonly"];

/**
 * The caller's name in a conference. Besides the operator's text it contains at most the last four digits of the number,
 * and nothing else of the SIP message.
 */
export function labelFor(caller: KnownCaller, settings: LabelSettings, language: Language): string {
  switch (caller.kind) {
    case "number":
      return settings.template[language].replaceAll(placeholder, caller.last4);
    case "anonymous":
      return settings.anonymous[language];
    case "short":
    case "unreadable":
      return settings.unreadable[language];
  }
}

/** The four characters that LiveKit shows of a caller with `hide_phone_number`: the digits, or a word of that length. */
export function livekitNameFor(caller: KnownCaller, { template, livekit }: LabelSettings, language: Language): string {
  switch (caller.kind) {
    case "number":
      return template[language].includes(placeholder) ? caller.last4 : livekit.unreadable[language];
    case "anonymous":
      return livekit.anonymous[language];
    case "short":
    case "unreadable":
      return livekit.unreadable[language];
  }
}

/** The fault of a word for LiveKit; `undefined`: it passes through From user and LiveKit unchanged. */
export function livekitWordFault(text: string): string | undefined {
  if (!/^[A-Za-z0-9.~-]{4}$/.test(text))
    return "is not four of A-Z, a-z, 0-9, dot, hyphen and tilde: LiveKit shows the last four characters of the From user";
  return /[A-Za-z]/.test(text) ? undefined : "has no letter, and would be taken for the end of a number";
}

/** Whether a label shows digits of the number. */
export function showsLastFour({ template }: LabelSettings): boolean {
  return Object.values(template).some((each) => each.includes(placeholder));
}

/** The fault of a label template; `undefined`: BBB and FreeSWITCH accept all its labels. */
export function labelTemplateFault(template: string): string | undefined {
  return labelWordFault(template.replaceAll(placeholder, "0000"));
}

/** Names that BBB 3.0's dialplan refuses, in upper or lower case (`reject_anonymous` in bbb_conference.xml). */
const refusedNames = ["anonymous", "unknown", "private", "restricted", "withheld", "0000000000"];

/** The fault of a fixed label, e.g. of anonymous callers; `undefined`: valid. */
export function labelWordFault(text: string): string | undefined {
  if (text.trim() === "") return "is empty: BBB does not list a caller without a name";
  if (text.trim() !== text) return "begins or ends with a space";
  if (text.length > maxLabelLength) return `is longer than ${maxLabelLength} characters, which is all that BBB stores`;
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text))
    return "holds a control character, an invisible character or a line break";
  const forbidden = /["'\\<>,{}[\]$%|^`]/.exec(text);
  if (forbidden !== null)
    return `holds ${forbidden[0]}, which ends or changes a name on its way through SIP, FreeSWITCH or BBB`;
  // FreeSWITCH splits dial strings there (enterprise originate).
  if (text.includes(":_:")) return "holds :_:, at which FreeSWITCH splits what it dials";
  if (refusedNames.includes(text.toLowerCase()))
    return "is one of the names that BBB 3.0 refuses (reject_anonymous in its dialplan)";
  const marker = markers.find((each) => text.toLowerCase().includes(each));
  if (marker !== undefined) return `holds "${marker}", by which BBB takes a caller for a web user`;
  return undefined;
}
