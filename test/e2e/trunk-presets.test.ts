import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import type { DialOptions } from "../../src/softphone/test-phone.js";
import { timeoutMs } from "../support/deadline.js";
import { hears } from "./support/hearing.js";
import { Kamailio, type KamailioOptions } from "./support/kamailio.js";
import { missingPrograms } from "./support/missing-programs.js";
import { conferences, numbers, type Settings, World } from "./support/world.js";

const [{ pin }] = conferences;
const dialled = numbers.english.slice(1);
const mainNumber = numbers.german.slice(1);

interface Manner {
  readonly provider: string;
  /** Its registrar's behaviour: from docs/reference/trunks.md, otherwise like most registrars. */
  readonly registrar: Omit<KamailioOptions, "certificates">;
  /** The operator's settings beside provider, user and password. */
  readonly trunk?: Settings;
  /** The INVITE to the English number by +49 1522 3125678. */
  readonly call: Omit<DialOptions, "uri">;
}

const manners: readonly Manner[] = [
  {
    // MD5 without qop and algorithm, an opaque user name, any expiry; E.164 in To.
    provider: "easybell",
    registrar: { realm: "sip.easybell.de", qop: false, grantedExpiry: 90, username: "00493023125001" },
    call: { number: "+4915223125678", to: `<sip:+${dialled}@sip.easybell.de>` },
  },
  {
    provider: "dus.net",
    registrar: { realm: "dus.net", qop: true, grantedExpiry: 300, username: "000387654321" },
    call: { number: "+4915223125678", to: `<sip:+${dialled}@dus.net>` },
  },
  {
    // Called number and caller as 4930..., without a plus.
    provider: "sipgate",
    registrar: { realm: "sipconnect.sipgate.de", qop: true, grantedExpiry: 600, username: "3195388t0" },
    call: { number: "4915223125678", to: `<sip:${dialled}@sipconnect.sipgate.de>` },
  },
  {
    // The Request-URI and To have the main number after a diversion, P-Called-Party-ID the dialled one; the caller with parameters.
    provider: "telekom-companyflex",
    registrar: { realm: "tel.t-online.de", qop: true, grantedExpiry: 600, username: `+${mainNumber}` },
    call: {
      number: "anonymous",
      to: `<sip:+${mainNumber}@tel.t-online.de;user=phone>`,
      headers: [
        [
          "From",
          `"0152 23125678" <sip:+4915223125678;cpc=mobile-hplmn@tel.t-online.de;user=phone>;tag=${"t".repeat(8)}`,
        ],
        ["P-Called-Party-ID", `<sip:+${dialled}@tel.t-online.de;user=phone>`],
        ["P-Asserted-Identity", "<sip:+4915223125678;cpc=mobile-hplmn@tel.t-online.de;user=phone>"],
        ["Supported", "timer"],
        ["Session-Expires", "3600;refresher=uac"],
        ["Min-SE", "900"],
      ],
    },
  },
  {
    provider: "plusnet",
    registrar: { realm: "plusnet.de", qop: true, grantedExpiry: 600, username: "plusnet-trunk" },
    call: { number: "+4915223125678", to: `<sip:+${dialled}@plusnet.de>` },
  },
  {
    // A provider without a preset: national numbers, read from the Request-URI.
    provider: "generic",
    registrar: { realm: "registrar.example.net", qop: true, grantedExpiry: 600, username: "customer" },
    trunk: { called_number_from: "p-called-party-id", country: "DE", realm: "registrar.example.net" },
    call: {
      number: "015223125678",
      to: "<sip:customer@registrar.example.net>",
      headers: [["P-Called-Party-ID", `<sip:030${dialled.slice(4)}@registrar.example.net>`]],
    },
  },
];

await t.test(
  "each provider's trunk registers at a registrar like its own, and calls are parsed correctly",
  { skip: missingPrograms("kamailio"), timeout: 400_000 },
  async (t) => {
    const certificates = await makeCertificates();
    for (const { provider, registrar, trunk, call: dial } of manners) {
      await t.test(provider, async (t) => {
        const carrier = await Kamailio.start(t, { certificates, ...registrar });
        const world = await World.start(t, { certificates, carrier, trunk: { provider, ...trunk } });
        const before = await world.counts();
        t.match(await carrier.registrations(), [{ expires: Number }], "registered");
        t.match(
          carrier.events,
          [
            "ready",
            /^challenged/,
            new RegExp(`^registered ${registrar.username?.replace("+", "\\+") ?? ""} from 127\\.0\\.0\\.1:\\d+ tls`),
          ],
          "after one challenge",
        );
        t.match(world.einwahl.status().trunks, [{ provider, state: "registered", fault: null }]);

        const phone = await world.phone();
        const call = await phone.dial({
          uri: `sip:anything@127.0.0.1:${carrier.networkTlsPort};transport=tls`,
          ...dial,
        });
        call.audio.listenForPrompts(world.prompts);
        const answered = await call.answered;
        t.ok(answered.ok, answered.ok ? "answered" : `${answered.failure.status} ${answered.failure.reason}`);
        await hears(t, world, call, "en/welcome", "the number that was dialled is the English one");
        const arrival = world.bbbs[0].waitForMember(pin, timeoutMs);
        await call.sendDigits(`${pin}#`);
        const member = await arrival;
        t.match(member, { name: "5678" }, "the caller's last four digits");
        t.notMatch(member?.number ?? "", /\d/, "and a pseudonym");
        const report = world.reports.next("the call's report", () => true);
        await call.hangUp();
        t.match(await report, { cause: "caller-hung-up", trunk: "line" });
        t.strictSame(await world.leftBehind(before), {}, "nothing is left");
        t.strictSame(world.complaints(["15223125678"]), [], "no bug and no number in the log");
        await world.stopEinwahl();
        await carrier.event(/^unregistered /, { past: true });
      });
    }
  },
);
