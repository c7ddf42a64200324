import t, { type Test } from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import { Linphone, type LinphoneOptions } from "./support/linphone.js";
import { missingPrograms } from "./support/missing-programs.js";
import { conferences, numbers, World } from "./support/world.js";

const caller = "+4915223125678";
const [{ pin }] = conferences;
/** A different tone for each check, so that an earlier one is not detected. */
const tones = { caller: 1040, first: 620, afterHold: 770 } as const;

await t.test(
  "a call from linphonec over TLS and SRTP",
  { skip: missingPrograms("linphonec"), timeout: 300_000 },
  async (t) => {
    const world = await World.start(t, { line: "straight" });
    const [bbb] = world.bbbs;
    const phone = async (t: Test, options: Partial<LinphoneOptions>): Promise<Linphone> =>
      await Linphone.start(t, { ca: world.certificates.ca, prompts: world.prompts, user: caller, ...options });
    // Its TLS library compares only names of a certificate, not addresses.
    const uri = `sip:${numbers.german}@localhost:${world.engines.sip.tls};transport=tls`;

    const calls: readonly {
      readonly name: string;
      readonly options: Partial<LinphoneOptions>;
      readonly offers: RegExp;
    }[] = [
      {
        name: "SDES keys, digits by RFC 4733",
        options: { displayName: "Ada" },
        offers: /^a=rtpmap:\d+ telephone-event\/8000$/,
      },
      {
        name: "digits by SIP INFO",
        options: { dtmf: "info", codec: "PCMU" },
        offers: /^m=audio \d+ RTP\/SAVP 0$/,
      },
      { name: "ICE candidates beside the keys", options: { ice: true }, offers: /^a=ice-ufrag:/ },
      {
        name: "plain RTP as a capability beside the keys",
        options: { plainCapability: true },
        offers: /^a=tcap:1 RTP\/AVP$/,
      },
    ];
    for (const { name, options, offers } of calls) {
      await t.test(`${name}: joins the conference with SRTP`, async (t) => {
        const linphone = await phone(t, { tone: tones.caller, ...options });
        t.equal(await linphone.dial(uri), "established", "certificate verified, SRTP agreed");
        t.ok(
          linphone.sdpLines("").some((line) => offers.test(line)),
          "the offer is as intended",
        );
        t.ok(await linphone.listener.prompt("de/welcome", { whole: true }), "the greeting, to its end");

        const arrival = bbb.waitForMember(pin, 20_000);
        const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking", {
          evidence: () => `${linphone.tail()}\n${world.tail()}`,
        });
        await linphone.press(pin);
        const member = await arrival;
        await talking;
        t.match(
          member,
          { voiceBridge: pin, name: "5678", codec: options.codec ?? "PCMA", rejected: 0 },
          "four digits, and the caller's codec",
        );
        t.ok(member?.suite, "SRTP to the conference");
        t.notMatch(member?.number ?? "", /\d/, "the pseudonym holds no digit of a number");

        const hearEachOther = async (tone: number, when: string): Promise<void> => {
          t.ok(
            await bbb.waitForTone({ voiceBridge: pin }, tones.caller, 20_000),
            `the conference hears the caller's tone ${when}`,
          );
          bbb.playTone(pin, tone);
          t.ok(await linphone.listener.tone(tone), `the caller's recording holds the conference's tone ${when}`);
          bbb.stopTone(pin);
        };
        await hearEachOther(tones.first, "at first");
        await linphone.hold();
        t.equal(linphone.sdpLines("a=recvonly").length, 1, "a hold is answered with recvonly");
        await linphone.resume();
        await hearEachOther(tones.afterHold, "after hold and resume");

        const report = world.reports.next("the call's report", () => true);
        await linphone.hangUp();
        t.match(await report, {
          cause: "caller-hung-up",
          server: bbb.name,
          pinsTyped: 1,
          srtp: { trunk: "AES_CM_128_HMAC_SHA1_80" },
        });
        t.ok(await bbb.waitForLeave(member?.memberId ?? "", 20_000), "and is out of the conference");
      });
    }

    await t.test("with DTLS instead of SDES the call is refused", async (t) => {
      const linphone = await phone(t, { encryption: "dtls" });
      t.match(await linphone.dial(uri), { status: 488 });
      t.ok(
        await linphone.program.line(
          "the response gives the reason",
          /^Warning: 305 einwahl "No usable codec or cipher suite"$/i,
        ),
        "the response gives the reason",
      );
    });

    await t.test("a phone that trusts another authority places no call", async (t) => {
      const { ca } = await makeCertificates();
      const reports = world.reports.past.length;
      const linphone = await phone(t, { ca });
      t.match(await linphone.dial(uri), { status: undefined }, "the connection itself fails");
      t.ok(
        await linphone.program.line("refuses", /SSL handshake failed : X509 - Certificate verification failed/),
        "because of the certificate",
      );
      t.equal(world.reports.past.length, reports, "einwahl has seen nothing");
    });

    t.strictSame(world.complaints([caller.slice(3), caller.slice(-4)]), [], "no bug and no number in the log");
  },
);
