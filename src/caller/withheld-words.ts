import { percentDecode } from "./name-address.js";

/** Substrings that mean "withheld" anywhere in a name: "Unbekannter Teilnehmer", "Rufnummernunterdrückung", "anonymous1". */
const sure: Readonly<Record<string, string>> = {
  de: "anonym unbekannt unterdr",
  en: "unknown unavail restrict withheld withhold suppress undisclosed unidentified",
  fr: "inconnu masqu indisponib restreint",
  it: "anonim sconosciut nascost oscurat",
  es: "anónim desconocid ocult restring",
  pt: "desconhecid restrit",
  nl: "anoniem onbekend afgescherm",
  pl: "nieznan zastrzeżon ukryt niedostępn",
  cs: "neznám skryt utajen",
  sv: "okänd",
  da: "ukendt skjult",
  no: "ukjent",
  tr: "bilinmeyen gizli",
  ro: "necunoscut ascuns",
  ru: "аноним неизвестн скрыт",
};

/** Whole words that mean it if the rest of the name is only words of `accompanying`: "Private Number", not "Private Bank". */
const alone: Readonly<Record<string, string>> = {
  de: "privat privater privatnummer geheim geheimnummer geheime gesperrt blockiert verborgen verborgene versteckt",
  en: "private blocked hidden secret masked unlisted confidential clir",
  fr: "privé privée caché cachée secret secrète confidentiel",
  it: "privato privata riservato riservata",
  es: "privado privada bloqueado secreto",
  pt: "confidencial bloqueado",
  nl: "privé geheim verborgen",
  pl: "prywatny prywatne",
  cs: "soukromé soukromý",
  sv: "privat hemligt dolt",
  da: "hemmeligt hemmelig",
  tr: "özel",
  ru: "частный закрытый",
};

/** Words that mean it together with only words of `accompanying`, at least one: "No Caller ID", "keine Rufnummer". */
const negations = "no not none nicht kein keine ohne non pas sans senza sin niet geen brak nie ingen";

const accompanying = [
  "number numbers caller callers callerid calling call id cli clid name available provided shown displayed information info",
  "nummer rufnummer rufnummernanzeige telefonnummer anrufer anruferin anruf teilnehmer name verfügbar angezeigt übermittelt bekannt vorhanden",
  "numéro appelant appel nom disponible communiqué numero número chiamante chiamata llamada llamante nombre nome disponibile chamador",
  "beller oproep naam beschikbaar numer rozmówca połączenie číslo volající nummer opkald samtal numara arayan номер абонент звонок",
].join(" ");

const sureWords = spellingsOf(Object.values(sure));
const negationWords = spellingsOf([negations]);
const accompanyingWords = spellingsOf([accompanying]);
/** Includes compounds as in user parts: `privatenumber`, `nocallerid`. */
const aloneWords = new Set(spellingsOf(Object.values(alone)));
for (const word of [...aloneWords, ...negationWords]) {
  for (const companion of accompanyingWords) aloneWords.add(word + companion).add(companion + word);
}

/** Maximum length of a name, in characters; a longer one counts as withheld. */
const maxNameLength = 4096;

const maxPhraseLength = 8;

/**
 * Whether a display name or a user part means "withheld". Carriers send it in their own languages and character sets. A
 * false positive only hides four digits, a false negative shows them.
 */
export function saysWithheld(text: string): boolean {
  if (text.length > maxNameLength) return true;
  const decoded = [text, percentDecode(text) ?? text, utf8ReadAsLatin1(text)];
  const readings = new Set(decoded.flatMap((reading) => [reading, atCapitals(reading)]));
  return [...readings].some((reading) => isPhrase(tokensOf(reading)) || /^\s*n\s*\/\s*a\s*$/i.test(reading));
}

/** Splits `PrivateNumber` into two words. */
function atCapitals(text: string): string {
  return text.replace(/(\p{Ll})(?=\p{Lu})/gu, "$1 ");
}

function isPhrase(tokens: readonly string[]): boolean {
  if (tokens.some((token) => sureWords.some((word) => token.includes(word)))) return true;
  if (tokens.length > maxPhraseLength) return false;
  const kinds = new Set(tokens.map(kindOf));
  return !kinds.has("other") && (kinds.has("alone") || (kinds.has("negation") && kinds.has("accompanying")));
}

function kindOf(token: string): "alone" | "negation" | "accompanying" | "other" {
  if (aloneWords.has(token)) return "alone";
  if (negationWords.includes(token)) return "negation";
  return accompanyingWords.includes(token) ? "accompanying" : "other";
}

function tokensOf(text: string): readonly string[] {
  // U+FFFD replaces bytes that are not UTF-8: `Unterdr\uFFFDckt`.
  return fold(text.replaceAll("\uFFFD", ""))
    .split(/\P{L}+/u)
    .filter((token) => token !== "");
}

/** Lower case without accents: the common form of all spellings of a word. */
function fold(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll("ł", "l")
    .replaceAll("ı", "i")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "");
}

/** The spellings of each word: without accents, with `ue` for `ü`, and with the non-ASCII letters lost. */
function spellingsOf(lists: readonly string[]): readonly string[] {
  const words = lists.flatMap((list) => list.split(" "));
  const spellings = words.flatMap((word) => [
    fold(word),
    fold(word.replace(/[äöü]/g, (letter) => `${letter}e`)),
    isLatin(word) ? word.replace(/[^a-z]/g, "") : fold(word),
  ]);
  return [...new Set(spellings)];
}

function isLatin(word: string): boolean {
  return /[a-z]/.test(word);
}

/** Repairs UTF-8 that was decoded as Latin-1: `UnterdrÃ¼ckt` is `Unterdrückt`. */
function utf8ReadAsLatin1(text: string): string {
  return /^[ -ÿ]*$/.test(text) ? Buffer.from(text, "latin1").toString("utf8") : text;
}
