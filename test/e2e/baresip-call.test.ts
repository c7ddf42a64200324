import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import { missingPrograms } from "./support/missing-programs.js";
import { conferences, numbers, World } from "./support/world.js";

const caller = "+4915223125678";
const tones = { conference: 620, caller: 1040 } as const;

await t.test("a call from baresip over TLS and SRTP", { skip: missingPrograms("baresip") }, async (t) => {
  const world = await World.start(t, { line: "straight" });
  const uri = (number: string): string => `sip:${number}@127.0.0.1:${world.engines.sip.tls}`;

  for (const { index, dialled, prompt, codec } of [
    { index: 1, dialled: numbers.german, prompt: "de/welcome", codec: "PCMA" },
    { index: 0, dialled: numbers.english, prompt: "en/welcome", codec: "PCMU" },
  ] as const) {
    const bbb = world.bbbs[index];
    const other = world.bbbs[1 - index];
    const { pin } = conferences[index];
    await t.test(`${dialled}, PIN ${pin}, ${codec}: the right conference of ${bbb.name}`, async (t) => {
      const baresip = await world.baresip({ user: caller, tone: tones.caller, codecs: [codec] }, t);
      t.equal(await baresip.dial(uri(dialled)), "established", "certificate verified, SRTP agreed");
      t.equal(baresip.suite, "AES_CM_128_HMAC_SHA1_80");
      t.ok(await baresip.listener.prompt(prompt, { whole: true }), "the whole greeting, in the number's language");

      const arrival = bbb.waitForMember(pin, 20_000);
      await baresip.press(`${pin}#`);
      const member = await arrival;
      t.match(member, { voiceBridge: pin, name: "5678", codec, rejected: 0 }, "four digits, and the caller's codec");
      t.ok(member?.suite, "SRTP to the conference");
      t.notMatch(member?.number ?? "", /\d/, "the pseudonym holds no digit of a number");
      t.equal(other?.members().length, 0, "no member on the other BBB server");
      t.strictSame(bbb.adHocConferences(), [], "a conference that has a meeting");

      t.ok(await bbb.waitForTone({ voiceBridge: pin }, tones.caller, 20_000), "the conference hears the caller's tone");
      bbb.playTone(pin, tones.conference);
      t.ok(await baresip.listener.tone(tones.conference), "the caller's recording holds the conference's tone");
      bbb.stopTone(pin);

      const report = world.reports.next("the call's report", () => true);
      await baresip.hangUp();
      t.match(await report, {
        cause: "caller-hung-up",
        server: bbb.name,
        codec,
        pinsTyped: 1,
        srtp: { trunk: "AES_CM_128_HMAC_SHA1_80" },
      });
      t.ok(await bbb.waitForLeave(member?.memberId ?? "", 20_000), "and is out of the conference");
    });
  }

  for (const { encryption, profile } of [
    { encryption: "srtp", profile: "RTP/AVP with keys" },
    { encryption: "srtp-mandf", profile: "RTP/SAVPF" },
  ] as const) {
    await t.test(`an offer of ${profile}`, async (t) => {
      const { pin } = conferences[0];
      const baresip = await world.baresip({ user: caller, tone: tones.caller, encryption }, t);
      t.equal(await baresip.dial(uri(numbers.german)), "established");
      t.equal(baresip.suite, "AES_CM_128_HMAC_SHA1_80", "still encrypted");
      await baresip.listener.prompt("de/welcome");
      await baresip.press(pin);
      t.ok(
        await world.bbbs[0].waitForTone({ voiceBridge: pin }, tones.caller, 20_000),
        "the conference hears the caller",
      );
      world.bbbs[0].playTone(pin, tones.conference);
      t.ok(await baresip.listener.tone(tones.conference), "the caller hears the conference");
      world.bbbs[0].stopTone(pin);
      await baresip.hangUp();
    });
  }

  await t.test("without SRTP the call is refused", async (t) => {
    const baresip = await world.baresip({ user: caller, encryption: "none" }, t);
    t.match(await baresip.dial(uri(numbers.german)), { status: 488 });
    t.ok(
      await baresip.program.line(
        "the response gives the reason",
        /^Warning: 399 einwahl "SRTP with SDES keys is required"$/i,
      ),
      "the response gives the reason",
    );
  });

  await t.test("a phone that trusts another authority places no call", async (t) => {
    const { ca } = await makeCertificates();
    const calls = world.reports.past.length;
    const baresip = await world.baresip({ user: caller, ca }, t);
    t.match(await baresip.dial(uri(numbers.german)), { status: undefined }, "the connection itself fails");
    t.ok(await baresip.program.line("refuses", /tls: connect: error/), "because of the certificate");
    t.equal(world.reports.past.length, calls, "einwahl has seen nothing");
  });

  t.strictSame(
    world.complaints([caller.slice(3), caller.slice(-4), conferences[1].pin]),
    [],
    "no unexpected error, no number and no PIN in the log",
  );
});
