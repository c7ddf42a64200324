import t from "tap";

import { answerFor } from "../../src/call/cause.js";
import { type CalledNumberHeader, calledNumberHeaders } from "../../src/caller/called-number.js";
import type { InviteFacts } from "../../src/caller/invite.js";
import { TrunkAdmission, type TrunkRules } from "../../src/trunk/admission.js";
import { Sources } from "../../src/trunk/sources.js";
import { FakeClock } from "../support/fake-clock.js";
import { someInvite } from "../support/fake-incoming-call.js";
import { FakeResolver } from "../support/fake-resolver.js";

function from(...list: string[]): TrunkRules["allows"] {
  const sources = new Sources(list, new FakeResolver(), new FakeClock(), () => undefined);
  return (address) => sources.allows(address);
}

function trunk(changes: Partial<TrunkRules> = {}): TrunkRules {
  return {
    name: "easybell",
    allows: from("192.0.2.0/24"),
    signalling: "tls",
    numbers: [
      { number: "+4930123456", languages: ["de", "en"] },
      { number: "+4930123457", languages: ["en"] },
    ],
    calledNumberFrom: "to",
    country: "DE",
    bareCountryCode: false,
    trustsAssertedIdentity: true,
    channels: undefined,
    srtp: "mandatory",
    ...changes,
  };
}

function invite(changes: Partial<InviteFacts> = {}): InviteFacts {
  return { ...someInvite, ...changes };
}

function outcome(trunks: readonly TrunkRules[], of: InviteFacts): string {
  const admitted = new TrunkAdmission(trunks).admit(of);
  return admitted.ok ? admitted.value.trunk : admitted.failure;
}

await t.test("admitted: trunk, languages of the number, caller, SRTP", (t) => {
  const admitted = new TrunkAdmission([trunk()]).admit(invite({ to: "<sip:+4930123457@trunk.example>" }));
  t.ok(admitted.ok);
  if (!admitted.ok) return;
  t.equal(admitted.value.trunk, "easybell");
  t.strictSame(admitted.value.languages, ["en"]);
  t.equal(admitted.value.srtp, "mandatory");
  t.equal(admitted.value.caller.kind, "number");
  t.notMatch(JSON.stringify(admitted), /15112345678/);
  t.end();
});

await t.test("the source is checked first, and TLS if the trunk requires it", (t) => {
  const from = (address: string, transport: "udp" | "tcp" | "tls" = "tls"): InviteFacts =>
    invite({ source: { address, port: 5061, transport } });
  t.equal(outcome([trunk()], from("192.0.2.77")), "easybell");
  t.equal(outcome([trunk()], from("::ffff:192.0.2.77")), "easybell");
  t.equal(outcome([trunk()], from("198.51.100.1")), "unknown-source");
  t.equal(outcome([trunk()], from("192.0.2.77", "udp")), "unknown-source");
  t.equal(outcome([trunk()], from("192.0.2.77", "tcp")), "unknown-source");
  t.equal(outcome([trunk({ signalling: "any" })], from("192.0.2.77", "udp")), "easybell");
  t.equal(outcome([], from("192.0.2.77")), "unknown-source");
  t.equal(
    outcome([trunk()], invite({ source: { address: "198.51.100.1", port: 5061, transport: "tls" }, to: "<sip:0@x>" })),
    "unknown-source",
    "a stranger learns no numbers",
  );
  t.end();
});

/** The called number in every format that trunks send; `undefined` if it is not configured. */
const calledNumbers: readonly {
  readonly user: string;
  readonly settings?: Partial<TrunkRules>;
  readonly isOurs: boolean;
}[] = [
  { user: "+4930123456", isOurs: true },
  { user: "004930123456", isOurs: true },
  { user: "030123456", isOurs: true },
  { user: "4930123456", isOurs: false },
  { user: "4930123456", settings: { bareCountryCode: true }, isOurs: true },
  { user: "+49-30-123456", isOurs: true },
  { user: "+49%20(30)%20123.456", isOurs: true },
  { user: "%2B4930123456", isOurs: true },
  { user: "+4930123456;cpc=ordinary", isOurs: true },
  { user: "+4930123456;phone-context=+49", isOurs: true },
  { user: "+4930123456;isub=1;verstat=TN-Validation-Passed", isOurs: true },
  { user: "+4930123456:password", isOurs: true },
  { user: "+49301234560", isOurs: false },
  { user: "+493012345", isOurs: false },
  { user: "30123456", isOurs: false },
  { user: "0041 30123456", isOurs: false },
  { user: "030123456", settings: { country: "AT" }, isOurs: false },
  { user: "004930123456", settings: { country: "AT" }, isOurs: true },
  { user: "easybell-user", isOurs: false },
  { user: "anonymous", isOurs: false },
  { user: "", isOurs: false },
  { user: "+", isOurs: false },
  { user: "%", isOurs: false },
];

for (const header of calledNumberHeaders) {
  await t.test(`the called number from ${header}`, (t) => {
    for (const [row, { user, settings, isOurs }] of calledNumbers.entries()) {
      const uri = `sip:${user}@trunk.example;user=phone`;
      const elsewhere = {
        requestUri: "sip:user@192.0.2.9",
        to: "<sip:main@trunk.example>",
        calledParty: "",
        diversion: "",
        historyInfo: "",
      };
      const facts = {
        to: { ...elsewhere, to: `"Somebody, else" <${uri}>;tag=x` },
        "request-uri": { ...elsewhere, requestUri: uri },
        "p-called-party-id": { ...elsewhere, calledParty: `<${uri}>` },
        diversion: {
          ...elsewhere,
          diversion: `<sip:+4930999999@x>;reason=no-answer, <${uri}>;reason=unconditional;counter=1`,
        },
        "history-info": {
          ...elsewhere,
          historyInfo: `<${uri}?Reason=SIP%3Bcause%3D302>;index=1, <sip:+4930999999@x>;index=1.1`,
        },
      }[header];
      t.equal(
        outcome([trunk({ calledNumberFrom: header, ...settings })], invite(facts)),
        isOurs ? "easybell" : "unknown-number",
        `row ${row}`,
      );
    }
    t.end();
  });
}

await t.test("tel: addresses and addresses without brackets", (t) => {
  t.equal(outcome([trunk()], invite({ to: "<tel:+4930123456;phone-context=x>" })), "easybell");
  t.equal(outcome([trunk()], invite({ to: "tel:+49-30-123456" })), "easybell");
  t.equal(outcome([trunk()], invite({ to: "sip:+4930123456@trunk.example;tag=1" })), "easybell");
  t.equal(outcome([trunk({ calledNumberFrom: "request-uri" })], invite({ requestUri: "tel:+4930123456" })), "easybell");
  t.equal(
    outcome(
      [trunk()],
      invite({ to: "Mustermann, Erika <sip:+4930123456@trunk.example>", requestUri: "sip:user@192.0.2.9" }),
    ),
    "easybell",
  );
  t.equal(
    outcome([trunk()], invite({ to: "<tel:123456;phone-context=+4930>", requestUri: "sip:user@192.0.2.9" })),
    "easybell",
  );
  t.equal(
    outcome(
      [trunk()],
      invite({ to: "<sip:030123456;phone-context=+49@x;user=phone>", requestUri: "sip:user@192.0.2.9" }),
    ),
    "easybell",
  );
  t.equal(
    outcome([trunk()], invite({ to: "<tel:123456;phone-context=+4940>", requestUri: "sip:user@192.0.2.9" })),
    "unknown-number",
  );
  t.end();
});

const none = { requestUri: "sip:user@192.0.2.9", to: "<sip:+4930999999@x>", calledParty: "<sip:+4930999998@x>" };
const german = "sip:+4930123456@x";
const english = "sip:+4930123457@x";

/** The header that holds the number, by the trunk's setting; the languages identify the number. */
const orders: readonly (readonly [
  what: string,
  setting: CalledNumberHeader,
  headers: Partial<InviteFacts>,
  header: CalledNumberHeader | "unknown-number",
  first: "de" | "en" | undefined,
])[] = [
  [
    "called_number_from: to, all headers hold a number",
    "to",
    { ...none, to: `<${german}>`, requestUri: english, calledParty: `<${english}>` },
    "to",
    "de",
  ],
  [
    "called_number_from: request-uri, all headers hold a number",
    "request-uri",
    { ...none, to: `<${german}>`, requestUri: english, calledParty: `<${german}>` },
    "request-uri",
    "en",
  ],
  [
    "called_number_from: p-called-party-id, all headers hold a number",
    "p-called-party-id",
    { ...none, to: `<${german}>`, requestUri: german, calledParty: `<${english}>` },
    "p-called-party-id",
    "en",
  ],
  [
    "forwarded: To holds the number dialled before, the Request-URI the trunk's",
    "to",
    { ...none, requestUri: english },
    "request-uri",
    "en",
  ],
  [
    "forwarded: the Request-URI holds the number dialled before, To the trunk's",
    "request-uri",
    { ...none, to: `<${english}>` },
    "to",
    "en",
  ],
  [
    "group call: the Request-URI holds the main number, To the group's",
    "p-called-party-id",
    { ...none, requestUri: german },
    "request-uri",
    "de",
  ],
  [
    "only P-Called-Party-ID holds a number of the trunk",
    "to",
    { ...none, calledParty: `<${english}>` },
    "p-called-party-id",
    "en",
  ],
  [
    "Request-URI and To hold numbers of the trunk",
    "p-called-party-id",
    { ...none, requestUri: german, to: `<${english}>` },
    "request-uri",
    "de",
  ],
  [
    "To and P-Called-Party-ID hold numbers of the trunk",
    "request-uri",
    { ...none, to: `<${german}>`, calledParty: `<${english}>` },
    "to",
    "de",
  ],
  ["no P-Called-Party-ID", "p-called-party-id", { ...none, calledParty: "", to: `<${english}>` }, "to", "en"],
  [
    "national number with npdi in the Request-URI",
    "to",
    { ...none, requestUri: "sip:030123457;npdi@192.0.2.9;user=phone" },
    "request-uri",
    "en",
  ],
  ["no header holds a number of the trunk", "to", none, "unknown-number", undefined],
  [
    "only Diversion and History-Info hold a number of the trunk",
    "to",
    { ...none, diversion: `<${german}>`, historyInfo: `<${german}>;index=1` },
    "unknown-number",
    undefined,
  ],
  [
    "called_number_from: diversion",
    "diversion",
    { ...none, requestUri: german, diversion: `<${english}>;reason=unconditional` },
    "diversion",
    "en",
  ],
  [
    "called_number_from: history-info",
    "history-info",
    { ...none, requestUri: german, historyInfo: `<${english}>;index=1,<${german}>;index=1.1` },
    "history-info",
    "en",
  ],
  [
    "called_number_from: diversion, but the call is not forwarded",
    "diversion",
    { ...none, to: `<${english}>` },
    "to",
    "en",
  ],
  [
    "called_number_from: history-info, but History-Info is too long",
    "history-info",
    { ...none, requestUri: german, historyInfo: `<${english}>;index=1${`,<sip:x@${"x".repeat(50)}>`.repeat(1_000)}` },
    "request-uri",
    "de",
  ],
];

await t.test(
  "the trunk's header first, then Request-URI, To, P-Called-Party-ID; the outcome names the header used",
  (t) => {
    for (const [what, calledNumberFrom, headers, header, first] of orders) {
      const admitted = new TrunkAdmission([trunk({ calledNumberFrom })]).admit(invite(headers));
      t.equal(admitted.ok ? admitted.value.calledNumberFrom : admitted.failure, header, `${what}: ${header}`);
      t.equal(admitted.ok ? admitted.value.languages[0] : undefined, first, `${what}: language`);
    }
    t.end();
  },
);

await t.test("two trunks of one provider: the one whose configured header has its number is chosen", (t) => {
  const first = trunk({ name: "first" });
  const second = trunk({ name: "second", numbers: [{ number: "+4989654321", languages: ["en"] }] });
  // The Request-URI is the Contact that the first trunk registered.
  t.equal(outcome([first, second], invite({ requestUri: german, to: "<sip:+4989654321@x>" })), "second");
  t.equal(outcome([second, first], invite({ requestUri: german, to: "<sip:+4989654321@x>" })), "second");
  t.equal(outcome([second, first], invite({ requestUri: german, to: "<sip:+4930999999@x>" })), "first");
  t.end();
});

await t.test("an unknown number is 404, an unknown source 403", (t) => {
  t.equal(answerFor("unknown-number").status, 404);
  t.equal(answerFor("unknown-source").status, 403);
  t.end();
});

await t.test("several trunks, also of one provider", (t) => {
  const first = trunk({ name: "first" });
  const second = trunk({ name: "second", numbers: [{ number: "+4989654321", languages: ["en"] }], srtp: "optional" });
  const other = trunk({
    name: "other",
    allows: from("198.51.100.1"),
    numbers: [{ number: "+4940111222", languages: ["de"] }],
  });
  const trunks = [first, second, other];
  t.equal(outcome(trunks, invite({ to: "<sip:+4930123456@x>" })), "first");
  t.equal(outcome(trunks, invite({ to: "<sip:+4989654321@x>" })), "second");
  t.equal(
    outcome(trunks, invite({ to: "<sip:+4940111222@x>", requestUri: "sip:user@192.0.2.9" })),
    "unknown-number",
    "another trunk's number from this source",
  );
  t.equal(
    outcome(
      trunks,
      invite({ source: { address: "198.51.100.1", port: 5061, transport: "tls" }, to: "<sip:+4940111222@x>" }),
    ),
    "other",
  );
  t.end();
});

await t.test("hostile headers are an unknown number, in bounded time", (t) => {
  const texts = [
    "",
    "<",
    ">",
    "<sip:",
    '"',
    "<sip:@>",
    "sip:".repeat(250_000),
    `"${"\\".repeat(1_000_000)}`,
    `<sip:${"0".repeat(1_000_000)}@x>`,
    `<sip:${"%".repeat(1_000)}@x>`,
    "\0",
    ",".repeat(1_000_000),
    `<sip:+4930123456@${";".repeat(3_000)}`,
  ];
  for (const calledNumberFrom of calledNumberHeaders) {
    for (const [row, text] of texts.entries()) {
      const begun = performance.now();
      const facts = invite({
        to: text,
        requestUri: text,
        calledParty: text,
        diversion: text,
        historyInfo: text,
        from: text,
        privacy: text,
        assertedIdentities: [text],
        remoteParties: [text],
      });
      t.equal(outcome([trunk({ calledNumberFrom })], facts), "unknown-number", `text ${row}`);
      t.ok(performance.now() - begun < 1_000, `text ${row} takes no second`);
    }
  }
  t.end();
});
