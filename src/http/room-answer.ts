import type { Language } from "../caller/language.js";
import type { Reservation } from "../store/room-store.js";
import type { Room, RoomSummary } from "./api-schemas.js";
import { formatPin, oneTapLink, type PhoneNumbers } from "./phone-numbers.js";
import { qrCode } from "./qr-code.js";

/** A reservation without the facts that all rooms share. */
export function summarise({ meetingId, pin, reservedAt, validUntil }: Reservation): RoomSummary {
  const digits = pin.reveal();
  return {
    meetingID: meetingId,
    pin: digits,
    pinFormatted: formatPin(digits),
    voiceBridge: digits,
    reservedAt: new Date(reservedAt).toISOString(),
    validUntil: validUntil === undefined ? null : new Date(validUntil).toISOString(),
  };
}

/** All facts to show, and the parameters for BBB's `create`. */
export function describeRoom(
  reservation: Reservation,
  phoneNumbers: PhoneNumbers,
  language: Language,
  base: string,
): Room {
  const summary = summarise(reservation);
  const { pin } = summary;
  const numbers = phoneNumbers.list(language).map((number) => ({ ...number, oneTap: oneTapLink(number.number, pin) }));
  const [first] = numbers;
  if (first === undefined) throw new Error("the configuration has no number");
  return {
    ...summary,
    dialNumber: first.international,
    numbers,
    qrCode: qrCode(first.oneTap),
    text: { de: invitation("de", summary, phoneNumbers, base), en: invitation("en", summary, phoneNumbers, base) },
    page: pageLink(base, pin),
  };
}

/** The PIN is in the fragment, which browsers do not send: it appears in no server or proxy log. */
export function pageLink(base: string, pin: string, language?: Language): string {
  return `${base}/${language === undefined ? "" : `?lang=${language}`}#${pin}`;
}

const words = {
  de: {
    heading: "Per Telefon teilnehmen:",
    pin: "PIN",
    hash: "dann die Raute-Taste",
    oneTap: "Direkt wählen",
    more: "So geht es",
  },
  en: { heading: "Join by phone:", pin: "PIN", hash: "then the hash key", oneTap: "One tap", more: "How it works" },
} as const satisfies Record<Language, unknown>;

/** Plain text for an invitation; numbers that speak the language come first. */
function invitation(
  language: Language,
  { pin, pinFormatted }: RoomSummary,
  phoneNumbers: PhoneNumbers,
  base: string,
): string {
  const { heading, pin: pinWord, hash, oneTap, more } = words[language];
  const all = phoneNumbers.list(language);
  const ordered = [
    ...all.filter((each) => each.languages[0] === language),
    ...all.filter((each) => each.languages[0] !== language),
  ];
  const lines = ordered.map(({ international, city, country }) => `${international} (${city ?? country.name})`);
  const [first] = ordered;
  return [
    heading,
    ...lines,
    `${pinWord}: ${pinFormatted} # (${hash})`,
    ...(first === undefined ? [] : [`${oneTap}: ${oneTapLink(first.number, pin)}`]),
    `${more}: ${pageLink(base, pin, language)}`,
  ].join("\n");
}
