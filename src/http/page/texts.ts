import type { Key } from "../../call/dtmf-buffer.js";
import type { Language } from "../../caller/language.js";

/** One or more keys, their name and their function. */
export type KeyMeaning = readonly [key: string, spoken: string, meaning: string];

/** All texts of the page. */
export interface PageTexts {
  readonly otherLanguage: string;
  readonly yourPin: string;
  readonly hashKey: string;
  readonly callNow: string;
  readonly callNowHint: string;
  readonly callWithPin: (number: string) => string;
  readonly scan: (number: string) => string;
  readonly codeLabel: (number: string) => string;
  readonly posterLink: string;
  readonly backFromPoster: string;
  readonly noPin: string;
  readonly pinForm: string;
  readonly pinFormHint: string;
  readonly pinLabel: string;
  readonly pinButton: string;
  readonly numbers: string;
  readonly tollFree: string;
  readonly speaks: (languages: string) => string;
  readonly languageNames: Readonly<Record<Language, string>>;
  readonly howTo: string;
  readonly dial: string;
  readonly typePin: (pin: string | undefined) => string;
  readonly connected: string;
  readonly notBegun: { readonly waits: string; readonly told: string };
  readonly keys: string;
  readonly keyColumn: string;
  readonly meaningColumn: string;
  readonly keyMeanings: readonly KeyMeaning[];
  readonly leaveKey: (key: Key) => KeyMeaning;
  readonly privacy: string;
  readonly privacyIntroduction: string;
  readonly lastFour: string;
  readonly nothingShown: string;
  readonly withheld: (word: string) => string;
  readonly numberStored: string;
  readonly pseudonym: string;
  readonly encrypted: string;
  readonly notEncrypted: string;
  readonly notRecorded: string;
  readonly statistics: string;
  readonly noStatistics: string;
  readonly thisPage: string;
  readonly operator: string;
  readonly contact: string;
  readonly dataProtection: string;
  readonly privacyPolicy: string;
  readonly imprint: string;
  readonly noOperator: string;
}

const spokenKeys: Readonly<Record<Language, Readonly<Record<Key, string>>>> = {
  de: {
    "0": "Null",
    "1": "Eins",
    "2": "Zwei",
    "3": "Drei",
    "4": "Vier",
    "5": "Fünf",
    "6": "Sechs",
    "7": "Sieben",
    "8": "Acht",
    "9": "Neun",
    "*": "Stern",
    "#": "Raute",
  },
  en: {
    "0": "zero",
    "1": "one",
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "7": "seven",
    "8": "eight",
    "9": "nine",
    "*": "star",
    "#": "hash",
  },
};

export const pageTexts: Readonly<Record<Language, PageTexts>> = {
  de: {
    otherLanguage: "English",
    yourPin: "Ihre PIN",
    hashKey: "Raute-Taste",
    callNow: "Jetzt anrufen",
    callNowHint: "Ihr Telefon wählt die Nummer und tippt nach einer Pause die PIN.",
    callWithPin: (number) => `${number} mit PIN anrufen`,
    scan: (number) => `Mit dem Telefon scannen: wählt ${number} und die PIN.`,
    codeLabel: (number) => `QR-Code, der ${number} wählt und die PIN tippt`,
    posterLink: "Ansicht zum Ausdrucken",
    backFromPoster: "Zurück zur ganzen Seite",
    noPin: "Das ist keine PIN: Eine PIN hat 5 bis 11 Ziffern.",
    pinForm: "Haben Sie eine PIN?",
    pinFormHint:
      "Dann zeigt diese Seite einen Link zum direkten Anrufen und einen QR-Code. Die PIN wird dafür nicht gespeichert.",
    pinLabel: "PIN der Konferenz",
    pinButton: "Anzeigen",
    numbers: "Nummern",
    tollFree: "kostenfrei",
    speaks: (languages) => `Ansagen: ${languages}`,
    languageNames: { de: "Deutsch", en: "Englisch" },
    howTo: "So wählen Sie sich ein",
    dial: "Rufen Sie eine der Nummern an.",
    typePin: (pin) =>
      `Tippen Sie ${pin ?? "die PIN der Konferenz"}, dann die Raute-Taste. Sie können schon während der Ansage tippen.`,
    connected: "Sie werden verbunden.",
    notBegun: {
      waits: "Hat die Konferenz noch nicht begonnen, hören Sie Musik, bis sie beginnt.",
      told: "Hat die Konferenz noch nicht begonnen, sagt die Ansage es Ihnen.",
    },
    keys: "Tasten",
    keyColumn: "Taste",
    meaningColumn: "Was sie tut",
    keyMeanings: [
      ["#", "Raute", "beendet die PIN"],
      ["*", "Stern", "löscht, was Sie von der PIN getippt haben"],
      ["**", "zweimal Stern", "wechselt vor der PIN die Sprache der Ansagen"],
      ["*6", "Stern, Sechs", "schaltet Sie in der Konferenz stumm und wieder laut"],
    ],
    leaveKey: (key) => [
      `*${key}`,
      `Stern, ${spokenKeys.de[key]}`,
      "verlässt die Konferenz und fragt nach einer anderen PIN",
    ],
    privacy: "Was mit Ihrer Nummer geschieht",
    privacyIntroduction:
      "Damit Sie teilnehmen können, übermittelt Ihr Telefonanbieter Ihre Nummer an unseren, und dieser an uns.",
    lastFour: "In der Konferenz sind von Ihrer Nummer nur die letzten vier Ziffern zu sehen, als Ihr Name.",
    nothingShown: "In der Konferenz ist von Ihrer Nummer nichts zu sehen.",
    withheld: (word) => `Wer die eigene Nummer unterdrückt, heißt dort „${word}“.`,
    numberStored:
      "Dieser Dienst speichert Ihre Nummer nicht: Er hält sie nur während des Anrufs im Arbeitsspeicher und schreibt sie, ebenso wie die PIN, in kein Protokoll.",
    pseudonym:
      "Der Konferenzserver erhält statt Ihrer Nummer eine Kennung, aus der sie sich nicht errechnen lässt. Damit kann die Moderation jemanden ausschließen.",
    encrypted:
      "Zwischen unserem Telefonanbieter, diesem Dienst und dem Konferenzserver ist Ihr Anruf verschlüsselt. Auf Ihrer Seite hängt das von Ihrem Telefonanbieter ab.",
    notEncrypted: "Ihr Anruf ist nicht auf allen Strecken verschlüsselt.",
    notRecorded:
      "Dieser Dienst nimmt nichts auf. Ob die Konferenz selbst aufgezeichnet wird, sagt Ihnen, wer zu ihr einlädt.",
    statistics: "Gezählt werden Anrufe und Minuten je Tag, als Summen über alle.",
    noStatistics: "Es gibt keine Statistik.",
    thisPage: "Diese Seite setzt keine Cookies und lädt nichts von anderen Servern.",
    operator: "Wer diesen Dienst betreibt",
    contact: "Kontakt",
    dataProtection: "Datenschutz",
    privacyPolicy: "Datenschutzerklärung",
    imprint: "Impressum",
    noOperator: "Der Betreiber hat sich hier noch nicht eingetragen.",
  },
  en: {
    otherLanguage: "Deutsch",
    yourPin: "Your PIN",
    hashKey: "hash key",
    callNow: "Call now",
    callNowHint: "Your phone dials the number and, after a pause, types the PIN.",
    callWithPin: (number) => `Call ${number} with PIN`,
    scan: (number) => `Scan with your phone: dials ${number} and the PIN.`,
    codeLabel: (number) => `QR code that dials ${number} and types the PIN`,
    posterLink: "View for printing",
    backFromPoster: "Back to the whole page",
    noPin: "That is no PIN: a PIN has 5 to 11 digits.",
    pinForm: "Do you have a PIN?",
    pinFormHint: "Then this page shows a link that calls directly, and a QR code. The PIN is not stored for that.",
    pinLabel: "PIN of the conference",
    pinButton: "Show",
    numbers: "Numbers",
    tollFree: "toll-free",
    speaks: (languages) => `Speaks: ${languages}`,
    languageNames: { de: "German", en: "English" },
    howTo: "How to dial in",
    dial: "Call one of the numbers.",
    typePin: (pin) =>
      `Type ${pin ?? "the PIN of the conference"}, then the hash key. You need not wait for the end of the announcement.`,
    connected: "You are connected.",
    notBegun: {
      waits: "Should the conference not have begun yet, you hear music until it does.",
      told: "Should the conference not have begun yet, you will be told.",
    },
    keys: "Keys",
    keyColumn: "Key",
    meaningColumn: "What it does",
    keyMeanings: [
      ["#", "hash", "ends the PIN"],
      ["*", "star", "clears what you have typed of the PIN"],
      ["**", "star twice", "before the PIN, changes the language of the announcements"],
      ["*6", "star, six", "mutes you in the conference, and unmutes you again"],
    ],
    leaveKey: (key) => [`*${key}`, `star, ${spokenKeys.en[key]}`, "leaves the conference and asks for another PIN"],
    privacy: "What happens to your number",
    privacyIntroduction:
      "For you to take part, your telephone provider passes your number on to ours, and ours passes it on to us.",
    lastFour: "The conference sees only the last four digits of your number, as your name.",
    nothingShown: "The conference sees nothing of your number.",
    withheld: (word) => `Callers who withhold their number are called “${word}” there.`,
    numberStored:
      "This service does not store your number: it keeps it in memory during the call only, and writes neither the number nor the PIN to any log.",
    pseudonym:
      "Instead of your number the conference server gets an identifier from which the number can't be computed. With it, moderators can exclude a caller.",
    encrypted:
      "Between our telephone provider, this service and the conference server your call is encrypted. On your side that is up to your telephone provider.",
    notEncrypted: "Your call is not encrypted all the way.",
    notRecorded:
      "This service records nothing. Whether the conference itself is recorded is up to those who invite you to it.",
    statistics: "Calls and minutes are counted day by day, as sums over everybody.",
    noStatistics: "There are no statistics.",
    thisPage: "This page sets no cookies and loads nothing from other servers.",
    operator: "Who runs this service",
    contact: "Contact",
    dataProtection: "Data protection",
    privacyPolicy: "Privacy policy",
    imprint: "Imprint",
    noOperator: "The operator has not been named here yet.",
  },
};
