import t from "tap";

import { type CallerNumbering, identifyCaller } from "../../src/caller/caller.js";
import type { CallerHeaders } from "../../src/caller/invite.js";
import { defaultLabels, labelFor } from "../../src/caller/label.js";
import { fakeHasher } from "../support/fake-day-keys.js";
import { type Seeded, seeded } from "../support/seeded.js";

const trunk: CallerNumbering = { country: "DE", bareCountryCode: false };
const number = "+4915112345678";
const numbered: CallerHeaders = {
  from: `<sip:${number}@x>;tag=1`,
  privacy: "",
  assertedIdentities: [`<sip:${number}@x>`],
  remoteParties: [],
};

function kindOf(changes: Partial<CallerHeaders>, settings: Partial<CallerNumbering> = {}): string {
  return identifyCaller({ ...numbered, ...changes }, { ...trunk, ...settings }).kind;
}

/** Display names that carriers send for withheld numbers, by language. */
const withheldNames: Readonly<Record<string, readonly [string, ...string[]]>> = {
  de: [
    "Anonym",
    "anonymer Anrufer",
    "Anonymous",
    "Unbekannt",
    "UNBEKANNT",
    "Unbekannter Teilnehmer",
    "Unterdrückt",
    "Unterdrueckt",
    "Nummer unterdrückt",
    "Rufnummer unterdrückt",
    "Rufnummernunterdrückung",
    "Privat",
    "Private Nummer",
    "Privater Anruf",
    "Geheim",
    "Geheimnummer",
    "Keine Rufnummer",
    "keine Rufnummernanzeige",
    "Rufnummer nicht verfügbar",
    "nicht verfuegbar",
    "Name nicht angezeigt",
    "Nummer gesperrt",
    "Verborgen",
  ],
  en: [
    "anonymous",
    "Anonymous Caller",
    "Unknown",
    "unknown number",
    "Unavailable",
    "UNAVAIL",
    "Not Available",
    "Restricted",
    "Restricted Number",
    "Private",
    "Private Number",
    "PRIVATE CALLER",
    "private-number",
    "PrivateNumber",
    "privatenumber",
    "Private%20Number",
    "Withheld",
    "Number withheld",
    "Withheld by caller",
    "Number Suppressed",
    "Blocked",
    "Caller ID blocked",
    "No Caller ID",
    "nocallerid",
    "No number",
    "Hidden number",
    "N/A",
    "n / a",
    "CLIR",
    "Undisclosed",
  ],
  fr: [
    "Anonyme",
    "Inconnu",
    "Appel inconnu",
    "Masqué",
    "Numéro masqué",
    "NUMERO MASQUE",
    "Privé",
    "Appel privé",
    "Numéro caché",
    "non disponible",
    "Indisponible",
  ],
  it: ["Anonimo", "Sconosciuto", "Numero privato", "Numero nascosto", "Non disponibile"],
  es: ["Anónimo", "Desconocido", "Número oculto", "Número privado", "No disponible"],
  nl: ["Anoniem", "Onbekend", "Privé", "Privénummer", "Nummer afgeschermd", "Niet beschikbaar"],
  pl: ["Anonimowy", "Nieznany", "Numer prywatny", "Numer zastrzeżony", "NUMER ZASTRZEZONY", "Ukryty"],
  others: [
    "Anonymní",
    "Neznámé číslo",
    "Skryté číslo",
    "Okänt, Okänd",
    "Dolt nummer",
    "Ukendt nummer",
    "Skjult nummer",
    "Ukjent",
    "Bilinmeyen numara",
    "Gizli Numara",
    "Necunoscut",
    "Номер скрыт",
    "Неизвестный",
    "аноним",
  ],
  // Invalid UTF-8, UTF-8 decoded as Latin-1, and letters of several code points.
  damaged: [
    "Unterdr\uFFFDckt",
    "UnterdrÃ¼ckt",
    "Num\uFFFDro masqu\uFFFD",
    "Ok\uFFFDnd",
    "Priv\uFFFD",
    "Unterdru\u0308ckt",
    "=?UTF-8?Q?Unterdr=C3=BCckt?=",
  ],
};

const peoplesNames = [
  "Erika Mustermann",
  "Müller privat GmbH",
  "Private Bank AG",
  "Privatklinik Nord",
  "Hidden Champions GmbH",
  "Nummer Eins",
  "Telefon",
  "Call Center Nord",
  "Name",
  "Nina Noack",
  "Sinan",
  "Nicht",
  "Secret Garden Hotel",
  "Blockedal",
  "Rufnummer",
  "+49 151 12345678",
  "Ärztin Öz",
  "Номер Пять",
  "李小龙",
  "No 5",
  "Geheimrat Goethe",
];

await t.test("display names that mean withheld, in each language and each caller header", (t) => {
  for (const [language, names] of Object.entries(withheldNames)) {
    for (const [row, name] of names.entries()) {
      // The names stay out of the assertions' titles: TAP gives some of their characters a meaning.
      const what = `${language} ${row}`;
      const address = `"${name}" <sip:${number}@x>`;
      t.equal(kindOf({ from: `${address};tag=1` }), "anonymous", `${what}: From`);
      t.equal(kindOf({ from: `${name} <sip:${number}@x>;tag=1` }), "anonymous", `${what}: From, without quotes`);
      t.equal(kindOf({ assertedIdentities: [address] }), "anonymous", `${what}: P-Asserted-Identity`);
      t.equal(
        kindOf({ assertedIdentities: [address] }, { trustsAssertedIdentity: false }),
        "anonymous",
        `${what}: P-Asserted-Identity that is not believed`,
      );
      t.equal(
        kindOf({ remoteParties: [`${address};party=calling;privacy=off`] }),
        "anonymous",
        `${what}: Remote-Party-ID`,
      );
      t.equal(
        kindOf({ from: `<sip:${encodeURIComponent(name.replaceAll("\uFFFD", ""))}@x>` }),
        "anonymous",
        `${what}: user part`,
      );
    }
  }
  t.end();
});

await t.test("names of people and companies don't mean withheld", (t) => {
  for (const [row, name] of peoplesNames.entries()) {
    const address = `"${name}" <sip:${number}@x>`;
    t.equal(
      kindOf({ from: `${address};tag=1`, assertedIdentities: [address], remoteParties: [`${address};privacy=off`] }),
      "number",
      `name ${row}`,
    );
  }
  t.end();
});

/** INVITEs with a number in From that is withheld by another field. */
const marks: readonly Partial<CallerHeaders>[] = [
  ...[
    '"id"',
    "'id'",
    "id;critical",
    "ID ; Critical",
    "user",
    "header",
    "session",
    "critical",
    "none,id",
    "id id",
    "\tid",
    "full",
    "id;history",
    '"none";"user"',
  ].map((privacy) => ({ privacy })),
  ...["full", "uri", "name", "FULL", '"full"', "full-network", "uri;screen=yes", "name-network", "yes", ""].map(
    (privacy) => ({ remoteParties: [`<sip:${number}@x>;party=calling;screen=yes;privacy=${privacy}`] }),
  ),
  { remoteParties: [`<sip:${number}@x>;privacy`] },
  { remoteParties: [`sip:${number}@x ; Privacy = Full`] },
  { remoteParties: [`<sip:${number}@x>;privacy=off`, `<sip:${number}@x>;privacy=full`] },
  { remoteParties: ["<sip:anonymous@anonymous.invalid>;party=calling"] },
  ...[
    "<sip:anonymous@anonymous.invalid>",
    '"Anonymous" <sip:anonymous@x>',
    "<sip:unavailable@unknown.invalid>",
    "<sip:restricted@x>",
    `<sip:${number}@anonymous.invalid>`,
    `<sip:${number}@anonymous.example>`,
    "<sip:@x>",
    "<sip:x>",
    "<tel:>",
    "<tel:anonymous>",
    "Anonymous",
    '"Anonymous',
    "<tel:+266696687>",
    `<tel:${number}>, <sip:anonymous@x>`,
  ].map((identity) => ({ assertedIdentities: [identity] })),
  { assertedIdentities: [`<tel:${number}>`, "<sip:anonymous@x>"] },
  { assertedIdentities: [`"${"x".repeat(5_000)}" <sip:anonymous@x>`] },
  ...[
    "sip:unknown@x",
    "sip:unavailable@x",
    "sip:restricted@x",
    "sip:anonymous@anonymous.invalid",
    "sip:@x",
    "sip:x",
    "tel:anonymous;phone-context=+49",
    "sip:Private%20Number@x",
    "sip:anonymous+4915112345678@x",
  ].map((uri) => ({ from: `<${uri}>;tag=1` })),
];

/** Placeholder numbers, with the prefixes that switches prepend. */
const placeholders = [
  "+266696687",
  "266696687",
  "00266696687",
  "0266696687",
  "+49266696687",
  "+1266696687",
  "+7378742833",
  "+7378742883",
  "+86282452253",
  "+8656696",
  "+2562533",
  "0000000000",
  "+0000000000",
  "1111111111",
  "9999999999",
];

await t.test("withheld by Privacy, Remote-Party-ID, an anonymous identity or a placeholder number", (t) => {
  for (const [row, mark] of marks.entries()) t.equal(kindOf(mark), "anonymous", `mark ${row}`);
  for (const digits of placeholders) {
    t.equal(kindOf({ from: `<sip:${digits}@x>` }), "anonymous", `${digits} in From`);
    t.equal(kindOf({ assertedIdentities: [`<tel:${digits}>`] }), "anonymous", `${digits} in P-Asserted-Identity`);
  }
  t.end();
});

await t.test("values that don't withhold the number", (t) => {
  for (const [row, changes] of [
    {},
    { privacy: "none" },
    { privacy: "history" },
    { privacy: '"none"' },
    { privacy: "none;history" },
    ...["off", "OFF", '"off"', "no", "none"].map((privacy) => ({
      remoteParties: [`<sip:${number}@x>;party=calling;privacy=${privacy}`],
    })),
    { remoteParties: [`<sip:${number}@x>;party=calling`] },
    { assertedIdentities: [] },
    { assertedIdentities: [`"" <sip:${number}@x>`] },
    { assertedIdentities: ["<sip:pbx-3@x>"] },
  ].entries())
    t.equal(kindOf(changes), "number", `headers ${row}`);
  for (const digits of ["+492666966870", "+4930266696687", "+49301111111", "+493000000001", "+12566253301"])
    t.equal(kindOf({ from: `<sip:${digits}@x>`, assertedIdentities: [] }), "number", digits);
  t.end();
});

await t.test("Remote-Party-ID is read for privacy, not for a number", (t) => {
  t.equal(
    kindOf({ from: "<sip:pbx@x>", assertedIdentities: [], remoteParties: [`<sip:${number}@x>;privacy=off`] }),
    "unreadable",
  );
  t.end();
});

await t.test("callers with the same placeholder number share neither pseudonym nor slots", (t) => {
  const hasher = fakeHasher();
  const pseudonyms = placeholders.flatMap((digits) =>
    [1, 2].map(() => {
      const known = hasher.hash(identifyCaller({ from: `<sip:${digits}@x>`, assertedIdentities: [] }, trunk), {
        label: defaultLabels,
        pseudonymKey: undefined,
      });
      t.strictSame(known, { kind: "anonymous" }, digits);
      return hasher.pseudonymIn({ meetingId: "meeting", createdAt: undefined }, known);
    }),
  );
  t.equal(new Set(pseudonyms).size, 2 * placeholders.length);
  t.end();
});

/** Without those whose bytes mean something else in another case. */
const everyName = Object.entries(withheldNames).flatMap(([language, names]) => (language === "damaged" ? [] : names));

/** Letters in any case, and spaces around. */
function disguised(text: string, random: Seeded): string {
  const letters = Array.from(text, (letter) => (random.below(2) === 0 ? letter.toLowerCase() : letter.toUpperCase()));
  return " ".repeat(random.below(3)) + letters.join("") + " ".repeat(random.below(3));
}

/** An INVITE full of numbers, in the manner of some carrier. */
function someHeaders(random: Seeded): CallerHeaders {
  const digits = (): string =>
    random.pick(["+49151", "0049151", "0151", "+1212555", "+4179"]) + String(1_000_000 + random.below(9_000_000));
  const address = (): string =>
    random.pick([
      `<sip:${digits()}@x;user=phone>`,
      `<tel:${digits()}>`,
      `"Erika ${digits()}" <sip:${digits()};cpc=ordinary@x>`,
      `<sip:${digits()}@192.0.2.7:5061>`,
    ]);
  const list = (most: number, tail: string): readonly string[] =>
    Array.from({ length: random.below(most) }, () => address() + tail);
  return {
    from: `${address()};tag=${digits()}`,
    privacy: random.pick(["", "none", "history"]),
    assertedIdentities: list(3, ""),
    remoteParties: list(2, ";party=calling;privacy=off"),
  };
}

/** The same INVITE with one mark somewhere in it. */
function marked(headers: CallerHeaders, random: Seeded): CallerHeaders {
  const { privacy = "", assertedIdentities, remoteParties = [] } = headers;
  const name = disguised(random.pick(everyName as [string, ...string[]]), random);
  const anonymous = random.pick([
    `"${name}" <sip:+4915199999999@x>`,
    "<sip:anonymous@anonymous.invalid>",
    `<sip:${random.pick(placeholders as [string, ...string[]])}@x>`,
    "<sip:@x>",
  ]);
  const at = (list: readonly string[], value: string): readonly string[] => {
    const index = random.below(list.length + 1);
    return random.below(2) === 0
      ? [...list.slice(0, index), value, ...list.slice(index)]
      : [[...list.slice(0, index), value, ...list.slice(index)].join(", ")];
  };
  return random.pick<() => CallerHeaders>([
    () => ({
      ...headers,
      privacy: `${privacy}${random.pick([";", ",", " ; "])}${disguised(random.pick(["id", '"id"', "user", "header", "session", "critical"]), random)}`,
    }),
    () => ({ ...headers, from: `${anonymous};tag=1` }),
    () => ({ ...headers, assertedIdentities: at(assertedIdentities, anonymous) }),
    () => ({ ...headers, remoteParties: at(remoteParties, anonymous) }),
    () => ({
      ...headers,
      remoteParties: at(
        remoteParties,
        `<sip:+4915199999999@x>;${disguised("privacy", random).trim()}=${random.pick(["full", "uri", "name", '"full"'])}`,
      ),
    }),
  ])();
}

await t.test("property: with one mark anywhere no digit of any header gets into the label", (t) => {
  const random = seeded(18);
  const label = (headers: CallerHeaders): string => {
    const caller = identifyCaller(headers, {
      ...trunk,
      bareCountryCode: random.below(2) === 0,
      trustsAssertedIdentity: random.below(4) > 0,
    });
    return labelFor(fakeHasher().hash(caller, { label: defaultLabels, pseudonymKey: undefined }), defaultLabels, "de");
  };
  for (let run = 0; run < 5_000; run += 1) {
    const headers = someHeaders(random);
    if (!/^[0-9]{4}$/.test(label(headers))) t.fail(`run ${run}: the caller is shown without a mark`, { headers });
    const withMark = marked(headers, random);
    if (label(withMark) !== "Anonym") t.fail(`run ${run}: withheld`, { withMark });
  }
  t.pass("5,000 INVITEs");
  t.end();
});
