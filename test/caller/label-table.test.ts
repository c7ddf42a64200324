import t from "tap";

import { type CallerNumbering, identifyCaller } from "../../src/caller/caller.js";
import type { CallerHeaders } from "../../src/caller/invite.js";
import { defaultLabels, labelFor } from "../../src/caller/label.js";
import { fakeHasher } from "../support/fake-day-keys.js";

const germanTrunk: CallerNumbering = { country: "DE", bareCountryCode: false };
const bareTrunk: CallerNumbering = { country: "DE", bareCountryCode: true };

interface Row {
  readonly what: string;
  readonly from: string;
  readonly privacy?: string;
  readonly asserted?: readonly string[];
  readonly trunk?: CallerNumbering;
  readonly kind: "number" | "anonymous" | "short" | "unreadable";
  readonly number?: string;
  readonly label: string;
}

const anonymous = { kind: "anonymous", label: "Anonym" } as const;
const short = { kind: "short", label: "Telefon" } as const;
const unreadable = { kind: "unreadable", label: "Telefon" } as const;

function number(text: string): Pick<Row, "kind" | "number" | "label"> {
  return { kind: "number", number: text, label: text.slice(-4) };
}

const rows: readonly Row[] = [
  // Prefixes
  { what: "+49 prefix", from: "<sip:+4915112345678@trunk.example>;tag=1", ...number("+4915112345678") },
  { what: "0049 prefix", from: "<sip:004915112345678@trunk.example>;tag=1", ...number("+4915112345678") },
  { what: "leading 0 on a German trunk", from: "<sip:015112345678@trunk.example>;tag=1", ...number("+4915112345678") },
  {
    what: "leading 0 on a Swiss trunk",
    from: "<sip:0791234567@x>",
    trunk: { country: "CH", bareCountryCode: false },
    ...number("+41791234567"),
  },
  {
    what: "leading 0 in Italy is part of the number",
    from: "<sip:0612345678@x>",
    trunk: { country: "IT", bareCountryCode: false },
    ...number("+390612345678"),
  },
  {
    what: "bare country code with bare_country_code",
    from: "<sip:493012345678@sipgate.de>",
    trunk: bareTrunk,
    ...number("+493012345678"),
  },
  { what: "bare country code without bare_country_code", from: "<sip:493012345678@x>", ...number("493012345678") },
  { what: "number of another country", from: "<sip:+12125550123@x>", ...number("+12125550123") },
  { what: "last four digits are zeros", from: "<sip:+493012340000@x>", ...number("+493012340000") },

  // Forms of From
  {
    what: "display name is not shown",
    from: '"Erika Mustermann" <sip:+4915112345678@x>;tag=1',
    ...number("+4915112345678"),
  },
  {
    what: "number in the display name is ignored",
    from: '"+49 30 999999" <sip:+4915112345678@x>',
    ...number("+4915112345678"),
  },
  { what: "URI without angle brackets", from: "sip:+4915112345678@x;tag=88", ...number("+4915112345678") },
  { what: "sips scheme in capitals", from: "<SIPS:+4915112345678@x>", ...number("+4915112345678") },
  { what: "tel URI", from: "<tel:+4915112345678>", ...number("+4915112345678") },
  {
    what: "tel URI with visual separators",
    from: "<tel:+49-(151)-123.45-678;phone-context=x>",
    ...number("+4915112345678"),
  },
  {
    what: "local number, phone-context is the country",
    from: "<tel:15112345678;phone-context=+49>",
    ...number("+4915112345678"),
  },
  {
    what: "local number, phone-context is the area",
    from: "<tel:23125001;phone-context=+4930>",
    ...number("+493023125001"),
  },
  {
    what: "national number, phone-context is the country",
    from: "<sip:0791234567;phone-context=+41@x;user=phone>",
    ...number("+41791234567"),
  },
  {
    what: "leading 0 with an Italian phone-context is part of the number",
    from: "<tel:0612345678;phone-context=+39>",
    ...number("+390612345678"),
  },
  {
    what: "international number overrides phone-context",
    from: "<tel:+4915112345678;phone-context=+41>",
    ...number("+4915112345678"),
  },
  {
    what: "00 prefix overrides phone-context",
    from: "<tel:004915112345678;phone-context=+41>",
    ...number("+4915112345678"),
  },
  {
    what: "phone-context is a domain",
    from: "<tel:015112345678;phone-context=ims.example>",
    ...number("+4915112345678"),
  },
  {
    what: "bare country code, phone-context is the country",
    from: "<sip:493012345678;phone-context=+49@x>",
    trunk: bareTrunk,
    ...number("+493012345678"),
  },
  {
    what: "parameters in the user part",
    from: "<sip:+4915112345678;cpc=mobile-hplmn@x;user=phone>",
    ...number("+4915112345678"),
  },
  { what: "an escaped plus", from: "<sip:%2B4915112345678@x>", ...number("+4915112345678") },
  { what: "escaped parameters", from: "<sip:+4915112345678%3Bcpc=ordinary@x>", ...number("+4915112345678") },
  { what: "a password", from: "<sip:+4915112345678:secret@x>", ...number("+4915112345678") },
  { what: "an IPv6 host with port", from: "<sip:+4915112345678@[2001:db8::1]:5061>", ...number("+4915112345678") },
  {
    what: "a display name with brackets and escapes",
    from: String.raw`"a\"<sip:110@x>" <sip:+4915112345678@x>`,
    ...number("+4915112345678"),
  },

  // Anonymous callers
  { what: "easybell's anonymous caller", from: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1', ...anonymous },
  { what: "anonymous user", from: "<sip:anonymous@trunk.example>", ...anonymous },
  {
    what: "anonymous user with parameters, any case, escaped",
    from: "<sip:%41NONYMOUS;x=y@trunk.example>",
    ...anonymous,
  },
  { what: "1&1: anonymous display name only", from: '"anonymous" <sip:+4915112345678@1und1.de>', ...anonymous },
  { what: "display name without quotes", from: "Anonymous <sip:+4915112345678@x>", ...anonymous },
  { what: "host in .invalid", from: "<sip:+4915112345678@anonymous.INVALID:5060>", ...anonymous },
  { what: "host in .invalid with a final dot", from: "<sip:+4915112345678@anonymous.invalid.>", ...anonymous },
  { what: "host notinvalid is not in .invalid", from: "<sip:+4915112345678@notinvalid>", ...number("+4915112345678") },
  { what: "URI without a user part", from: "<sip:trunk.example>", ...anonymous },
  { what: "an empty user", from: "<sip:@trunk.example>", ...anonymous },
  { what: "an empty display name", from: '"" <sip:+4915112345678@x>', ...anonymous },
  ...["unavailable", "Unknown", "RESTRICTED", "private", "withheld"].flatMap((word): Row[] => [
    { what: `user ${word}`, from: `<sip:${word}@x>`, ...anonymous },
    { what: `display name ${word}`, from: `"${word}" <sip:+4915112345678@x>`, ...anonymous },
  ]),
  {
    what: "anonymous From overrides an asserted number",
    from: "<sip:anonymous@anonymous.invalid>",
    asserted: ["<sip:+4915112345678@x>"],
    ...anonymous,
  },

  // Privacy
  {
    what: "Privacy: id with an asserted number",
    from: "<sip:+4930555555@x>",
    privacy: "id",
    asserted: ["<sip:+4915112345678@x>"],
    ...anonymous,
  },
  ...["user", "header", "session", "critical", "ID", "none;critical", "session; id", "history,id"].map(
    (privacy): Row => ({ what: `Privacy: ${privacy}`, from: "<sip:+4915112345678@x>", privacy, ...anonymous }),
  ),
  ...["", "none", "history"].map((privacy): Row => ({
    what: `Privacy: "${privacy}" withholds nothing`,
    from: "<sip:+4915112345678@x>",
    privacy,
    ...number("+4915112345678"),
  })),

  // P-Asserted-Identity
  {
    what: "P-Asserted-Identity overrides From",
    from: "<sip:+4930555555@x>",
    asserted: ["<sip:+4915112345678@x>"],
    ...number("+4915112345678"),
  },
  {
    what: "P-Asserted-Identity with a tel URI",
    from: "<sip:pbx@x>",
    asserted: ["<tel:+4915112345678>"],
    ...number("+4915112345678"),
  },
  {
    what: "several asserted values: the first phone number counts",
    from: "<sip:pbx@x>",
    asserted: ['"A, B" <sip:alice@x>, <tel:+4915112345678>, <tel:+49301111111>'],
    ...number("+4915112345678"),
  },
  {
    what: "several P-Asserted-Identity headers: the first phone number counts",
    from: "<sip:pbx@x>",
    asserted: ["<sip:alice@x>", "<sip:015112345678@x>"],
    ...number("+4915112345678"),
  },
  {
    what: "comma in an asserted user part",
    from: "<sip:pbx@x>",
    asserted: ["<sip:a,b@x>,<tel:+4915112345678>"],
    ...number("+4915112345678"),
  },
  {
    what: "P-Asserted-Identity without a number: From counts",
    from: "<sip:+4915112345678@x>",
    asserted: ["<sip:alice@x>"],
    ...number("+4915112345678"),
  },
  {
    what: "trust_asserted_identity is off: From counts",
    from: "<sip:+4915112345678@x>",
    asserted: ["<sip:+4930555555@x>"],
    trunk: { ...germanTrunk, trustsAssertedIdentity: false },
    ...number("+4915112345678"),
  },

  // Short numbers: the last four digits would reveal them
  ...[
    "110",
    "112",
    "115",
    "116117",
    "116123",
    "+49110",
    "0049116117",
    "0116117",
    "+49116117",
    "+490116117",
    "0",
    "00",
    "000",
  ].map((user): Row => ({ what: `short: ${user}`, from: `<sip:${user}@x>`, ...short })),
  { what: "short number with a bare country code", from: "<sip:49116117@x>", trunk: bareTrunk, ...short },
  { what: "short asserted number", from: "<sip:+4915112345678@x>", asserted: ["<tel:112>"], ...short },
  { what: "nine significant digits are enough", from: "<sip:+49301234567@x>", ...number("+49301234567") },
  { what: "exactly seven significant digits are enough", from: "<sip:+493012345@x>", ...number("+493012345") },
  { what: "exactly six significant digits are short", from: "<sip:+49301234@x>", ...short },

  // Unreadable numbers
  { what: "user part with letters", from: "<sip:3195388t0@sipgate.de>", ...unreadable },
  { what: "user part is a name", from: "<sip:alice@x>", ...unreadable },
  { what: "plus inside the number", from: "<sip:49+15112345678@x>", ...unreadable },
  { what: "only a plus", from: "<sip:+@x>", ...unreadable },
  { what: "Arabic-Indic digits", from: "<sip:%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6%D9%A7%D9%A8@x>", ...unreadable },
  { what: "invalid percent-encoding", from: "<sip:+49151%zz12345678@x>", ...unreadable },
  { what: "NUL in the user part", from: "<sip:+4915112345678%00@x>", ...unreadable },
  { what: "31 digits", from: `<sip:${"1".repeat(31)}@x>`, ...unreadable },
  { what: "two @", from: "<sip:+4915112345678@evil@x>", ...unreadable },
  { what: "unclosed quote", from: '"Erika <sip:+4915112345678@x>', ...unreadable },
  { what: "unclosed angle bracket", from: "<sip:+4915112345678@x", ...unreadable },
  { what: "mailto scheme", from: "<mailto:+4915112345678@x>", ...unreadable },
  { what: "empty From", from: "", ...unreadable },
  { what: "From of a megabyte", from: `<sip:+4915112345678@${"x".repeat(1_000_000)}>`, ...unreadable },
];

await t.test("each kind of caller gets its number and label", (t) => {
  for (const row of rows) {
    const headers: CallerHeaders = {
      from: row.from,
      assertedIdentities: row.asserted ?? [],
      ...(row.privacy === undefined ? {} : { privacy: row.privacy }),
    };
    const caller = identifyCaller(headers, row.trunk ?? germanTrunk);
    t.equal(caller.kind, row.kind, `${row.what}: kind ${row.kind}`);
    t.equal(caller.kind === "number" ? caller.number.reveal() : undefined, row.number, `${row.what}: number`);
    t.equal(
      labelFor(fakeHasher().hash(caller, { label: defaultLabels, pseudonymKey: undefined }), defaultLabels, "de"),
      row.label,
      `${row.what}: label ${row.label}`,
    );
  }
  t.end();
});

await t.test("the neutral words are in the caller's language", (t) => {
  t.equal(labelFor({ kind: "anonymous" }, defaultLabels, "en"), "No number");
  t.equal(labelFor({ kind: "short" }, defaultLabels, "en"), "Phone");
  t.equal(labelFor({ kind: "unreadable" }, defaultLabels, "en"), "Phone");
  t.end();
});

await t.test("the operator's template and words are used", (t) => {
  const caller = identifyCaller({ from: "<sip:+4915112345678@x>", assertedIdentities: [] }, germanTrunk);
  const settings = {
    ...defaultLabels,
    template: { de: "Anruf …{last4}", en: "Call …{last4}" },
    anonymous: { de: "Unbekannt", en: "Somebody" },
    unreadable: { de: "Gerät", en: "Device" },
  };
  const known = fakeHasher().hash(caller, { label: settings, pseudonymKey: undefined });
  t.equal(labelFor(known, settings, "de"), "Anruf …5678");
  t.equal(labelFor(known, settings, "en"), "Call …5678");
  t.equal(labelFor({ kind: "anonymous" }, settings, "de"), "Unbekannt");
  t.equal(labelFor({ kind: "short" }, settings, "en"), "Device");
  t.end();
});
