import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import type { SuiteName } from "../../src/softphone/rtp/srtp-suites.js";
import { Kamailio, type SuiteChange } from "./support/kamailio.js";
import { missingPrograms } from "./support/missing-programs.js";
import { conferences, numbers, World } from "./support/world.js";

const caller = "+4915223125678";
const tones = { conference: 620, caller: 1040 } as const;
const { pin } = conferences[0];

await t.test(
  "baresip through a carrier that modifies the offered suites",
  { skip: missingPrograms("baresip", "kamailio") },
  async (t) => {
    const certificates = await makeCertificates();
    const carrier = await Kamailio.start(t, { certificates });
    const world = await World.start(t, { certificates, carrier });
    const uri = `sip:${numbers.german}@127.0.0.1:${carrier.networkTlsPort}`;

    const changes: readonly { readonly change: SuiteChange; readonly suite: SuiteName }[] = [
      { change: "AES_CM_128_HMAC_SHA1_32", suite: "AES_CM_128_HMAC_SHA1_32" },
      { change: "AEAD_AES_128_GCM", suite: "AEAD_AES_128_GCM" },
      { change: "unknown-first", suite: "AES_CM_128_HMAC_SHA1_80" },
    ];
    for (const { change, suite } of changes) {
      await t.test(change, async (t) => {
        await carrier.changeOffers(change);
        const baresip = await world.baresip({ user: caller, tone: tones.caller }, t);
        t.equal(await baresip.dial(uri), "established");
        t.equal(baresip.suite, suite, "the suite in use");
        t.ok(await baresip.listener.prompt("de/welcome"), "the prompt is understood");
        await baresip.press(pin);
        t.ok(
          await world.bbbs[0].waitForTone({ voiceBridge: pin }, tones.caller, 20_000),
          "the conference hears the caller",
        );
        world.bbbs[0].playTone(pin, tones.conference);
        t.ok(await baresip.listener.tone(tones.conference), "the caller hears the conference");
        world.bbbs[0].stopTone(pin);
        const report = world.reports.next("the call's report", () => true);
        await baresip.hangUp();
        t.match(await report, { cause: "caller-hung-up", srtp: { trunk: suite } });
      });
    }

    await t.test("an offer with an unknown suite only is refused", async (t) => {
      await carrier.changeOffers("only-unknown");
      const baresip = await world.baresip({ user: caller }, t);
      t.match(await baresip.dial(uri), { status: 488 });
    });
  },
);
