import t from "tap";
import { answerFor } from "../../src/call/cause.js";
import type { InviteFacts } from "../../src/trunk/invite.js";
import { Sources } from "../../src/trunk/sources.js";
import { type Trunk, TrunkAdmission } from "../../src/trunk/trunks.js";
import { FakeClock } from "../support/fake-clock.js";
import { someInvite } from "../support/fake-incoming-call.js";

function from(...list: string[]): Trunk["allows"] {
  const sources = new Sources(list, async () => await Promise.resolve([]), new FakeClock(), () => undefined);
  return (address) => sources.allows(address);
}

function trunk(changes: Partial<Trunk> = {}): Trunk {
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

function outcome(trunks: readonly Trunk[], of: InviteFacts): string {
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

await t.test("the source decides first, and TLS where the trunk demands it", (t) => {
  const from = (address: string, transport: "udp" | "tcp" | "tls" = "tls"): InviteFacts => invite({ source: { address, port: 5061, transport } });
  t.equal(outcome([trunk()], from("192.0.2.77")), "easybell");
  t.equal(outcome([trunk()], from("::ffff:192.0.2.77")), "easybell");
  t.equal(outcome([trunk()], from("198.51.100.1")), "unknown-source");
  t.equal(outcome([trunk()], from("192.0.2.77", "udp")), "unknown-source");
  t.equal(outcome([trunk()], from("192.0.2.77", "tcp")), "unknown-source");
  t.equal(outcome([trunk({ signalling: "any" })], from("192.0.2.77", "udp")), "easybell");
  t.equal(outcome([], from("192.0.2.77")), "unknown-source");
  t.equal(outcome([trunk()], invite({ source: { address: "198.51.100.1", port: 5061, transport: "tls" }, to: "<sip:0@x>" })), "unknown-source", "a stranger learns no numbers");
  t.end();
});

/** The called number in each form that trunks send it in; `undefined` where it is none of ours. */
const calledNumbers: readonly {
  readonly user: string;
  readonly settings?: Partial<Trunk>;
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

for (const header of ["to", "request-uri", "p-called-party-id"] as const) {
  await t.test(`the called number from ${header}`, (t) => {
    for (const [row, { user, settings, isOurs }] of calledNumbers.entries()) {
      const uri = `sip:${user}@trunk.example;user=phone`;
      const elsewhere = { requestUri: "sip:user@192.0.2.9", to: "<sip:main@trunk.example>", calledParty: "" };
      const facts = {
        "to": { ...elsewhere, to: `"Somebody, else" <${uri}>;tag=x` },
        "request-uri": { ...elsewhere, requestUri: uri },
        "p-called-party-id": { ...elsewhere, calledParty: `<${uri}>` },
      }[header];
      t.equal(outcome([trunk({ calledNumberFrom: header, ...settings })], invite(facts)), isOurs ? "easybell" : "unknown-number", `row ${row}`);
    }
    t.end();
  });
}

await t.test("tel: addresses and addresses without brackets", (t) => {
  t.equal(outcome([trunk()], invite({ to: "<tel:+4930123456;phone-context=x>" })), "easybell");
  t.equal(outcome([trunk()], invite({ to: "tel:+49-30-123456" })), "easybell");
  t.equal(outcome([trunk()], invite({ to: "sip:+4930123456@trunk.example;tag=1" })), "easybell");
  t.equal(outcome([trunk({ calledNumberFrom: "request-uri" })], invite({ requestUri: "tel:+4930123456" })), "easybell");
  t.equal(outcome([trunk({ calledNumberFrom: "p-called-party-id" })], invite({ calledParty: "" })), "unknown-number");
  t.end();
});

await t.test("the number is never looked for where the trunk does not put it", (t) => {
  const facts = invite({ to: "<sip:+4930123456@trunk.example>", requestUri: "sip:+4930123456@x", calledParty: "<sip:+4930999999@x>" });
  t.equal(outcome([trunk({ calledNumberFrom: "p-called-party-id" })], facts), "unknown-number");
  t.end();
});

await t.test("an unknown number is 404, an unknown source 403", (t) => {
  t.equal(answerFor("unknown-number").status, 404);
  t.equal(answerFor("unknown-source").status, 403);
  t.end();
});

await t.test("several trunks, from one provider too", (t) => {
  const first = trunk({ name: "first" });
  const second = trunk({ name: "second", numbers: [{ number: "+4989654321", languages: ["en"] }], srtp: "optional" });
  const other = trunk({ name: "other", allows: from("198.51.100.1"), numbers: [{ number: "+4940111222", languages: ["de"] }] });
  const trunks = [first, second, other];
  t.equal(outcome(trunks, invite({ to: "<sip:+4930123456@x>" })), "first");
  t.equal(outcome(trunks, invite({ to: "<sip:+4989654321@x>" })), "second");
  t.equal(outcome(trunks, invite({ to: "<sip:+4940111222@x>" })), "unknown-number", "another trunk's number from this source");
  t.equal(outcome(trunks, invite({ source: { address: "198.51.100.1", port: 5061, transport: "tls" }, to: "<sip:+4940111222@x>" })), "other");
  t.end();
});

await t.test("hostile headers are an unknown number, at once", (t) => {
  const texts = ["", "<", ">", "<sip:", '"', "<sip:@>", "sip:".repeat(250_000), `"${"\\".repeat(1_000_000)}`, `<sip:${"0".repeat(1_000_000)}@x>`, `<sip:${"%".repeat(1_000)}@x>`, "\0", ",".repeat(1_000_000), `<sip:+4930123456@${";".repeat(3_000)}`];
  for (const calledNumberFrom of ["to", "request-uri", "p-called-party-id"] as const) {
    for (const [row, text] of texts.entries()) {
      const begun = performance.now();
      const facts = invite({ to: text, requestUri: text, calledParty: text, from: text, privacy: text, assertedIdentities: [text] });
      t.equal(outcome([trunk({ calledNumberFrom })], facts), "unknown-number", `text ${row}`);
      t.ok(performance.now() - begun < 1_000, `text ${row} takes no second`);
    }
  }
  t.end();
});
