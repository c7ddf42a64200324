import t from "tap";

import type { SuiteName } from "../../src/softphone/rtp/srtp-suites.js";
import { hears } from "./support/hearing.js";
import { conferences, World } from "./support/world.js";

const caller = "+4915223125678";
const tones = { conference: 620, caller: 1040 } as const;
const { pin } = conferences[0];

await t.test("suites offered by phones", async (t) => {
  const world = await World.start(t, { line: "straight" });
  const phone = await world.phone();

  const offers: readonly { readonly suites: readonly SuiteName[]; readonly codec: "PCMA" | "PCMU" }[] = [
    { suites: ["AES_CM_128_HMAC_SHA1_80"], codec: "PCMA" },
    { suites: ["AES_CM_128_HMAC_SHA1_32"], codec: "PCMU" },
    { suites: ["AEAD_AES_128_GCM"], codec: "PCMA" },
    { suites: ["AEAD_AES_256_GCM"], codec: "PCMU" },
    {
      suites: ["AES_CM_128_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"],
      codec: "PCMA",
    },
  ];
  for (const { suites, codec } of offers) {
    await t.test(`${suites.join(", ")} and ${codec}`, async (t) => {
      const call = await phone.dial({ uri: world.sipUri(), number: caller, suites, codecs: [codec] });
      call.audio.listenForPrompts(world.prompts);
      t.ok((await call.answered).ok);
      t.ok(
        call.suite !== undefined && suites.includes(call.suite),
        `one of the offered is used: ${String(call.suite)}`,
      );
      call.playTone(tones.caller);
      await hears(t, world, call, "de/welcome", "the prompt is understood");
      await call.sendDigits(pin);
      t.ok(
        await world.bbbs[0].waitForTone({ voiceBridge: pin }, tones.caller, 20_000),
        "the conference hears the caller",
      );
      world.bbbs[0].playTone(pin, tones.conference);
      t.ok(await call.audio.waitForTone(tones.conference, 20_000), "the caller hears the conference");
      world.bbbs[0].stopTone(pin);
      const report = world.reports.next("the call's report", () => true);
      await call.hangUp();
      t.match(await report, { codec, srtp: { trunk: call.suite } });
    });
  }
});
