import t from "tap";

import { type HeaderList, rawByte } from "../../src/softphone/sip/index.js";
import { talk, Tones } from "./support/talk.js";
import { World } from "./support/world.js";

const caller = "+4915223125678";
const raw = (...bytes: readonly number[]): string => bytes.map(rawByte).join("");

/** Input of senders that confuse Latin-1 with UTF-8, truncate a character, or test the parser. */
const kinds = [
  { name: "Latin-1", text: `J${raw(0xe4)}ger Stra${raw(0xdf)}e %E4 100% %` },
  { name: "bytes that are invalid in UTF-8", text: `x${raw(0xff, 0xfe, 0xc0, 0xaf)}x` },
  { name: "lone continuation bytes and a truncated character", text: `${raw(0x80, 0xbf)}x${raw(0xe2, 0x82)}` },
  { name: "UTF-8 encoded surrogates", text: `x${raw(0xed, 0xa0, 0x80)}%ED%A0%80x` },
] as const;

await t.test("bytes that are not UTF-8 in SDP and headers have no effect", { timeout: 300_000 }, async (t) => {
  const world = await World.start(t, { line: "straight" });
  const before = await world.counts();

  for (const { name, text } of kinds) {
    await t.test(`${name}: the call and its re-INVITE work`, async (t) => {
      const headers: HeaderList = [
        ["Subject", text],
        ["X-Note", text],
        ["P-Asserted-Identity", `"${text}" <sip:${caller}@carrier.example>`],
      ];
      const phone = await world.phone({ userAgent: `phone ${text}` });
      const there = await talk(world, phone, {
        number: caller,
        display: text,
        headers,
        rewriteOffer: (sdp) =>
          `${sdp.replace(/^o=\S+/m, `o=${text.replaceAll(" ", "")}`).replace(/^s=.*/m, `s=${text}\r\ni=${text}`)}a=X-note:${text}\r\n`,
      });
      const { call } = there;
      t.equal(there.member.name, "5678", "the label");
      const tones = new Tones(world, there);
      await tones.bothWays(t, "at first");
      t.match(await call.renegotiate("sendrecv", headers), { ok: true }, "a re-INVITE with the same");
      await tones.bothWays(t, "after the re-INVITE");
      const report = world.reports.next("the call's report", () => true);
      await call.hangUp();
      t.match(await report, { cause: "caller-hung-up", srtp: { trunk: call.suite } });
      await phone.close();
    });
  }

  await t.test("a display name without quotes, or a NUL, fails only its own call", async (t) => {
    for (const options of [
      { headers: [["From", `J${raw(0xe4)}ger <sip:${caller}@127.0.0.1>`]] },
      { rewriteOffer: (sdp: string) => `${sdp}a=X-note:a\0b\r\n` },
    ] as const) {
      const phone = await world.phone();
      const call = await phone.dial({ uri: world.sipUri(), number: caller, ...options });
      // sofia-sip closes the connection after its 400.
      t.match(await call.answered, { ok: false, failure: { status: /^(?:400|503)$/ } });
      await phone.close();
    }
    const { call } = await talk(world, await world.phone(), { number: caller });
    await call.hangUp();
    t.strictSame(await world.leftBehind(before), {}, "the next call works, and nothing is left");
  });

  t.strictSame(
    world.complaints([caller.slice(3), "ger Stra"]),
    [],
    "no unexpected error, no number and no text of the caller in the log",
  );
});
