import t from "tap";

import type { PhoneCall } from "../../src/softphone/phone-call.js";
import type { TestPhone } from "../../src/softphone/test-phone.js";
import { readSamples, sumOf } from "../monitoring/metrics/exposition.js";
import { hears, untilHeard } from "./support/hearing.js";
import { conferences, numbers, withCalls, World } from "./support/world.js";

const caller = "+4915223125678";

async function answeredCall(world: World, phone: TestPhone, number: string = numbers.german): Promise<PhoneCall> {
  const call = await phone.dial({ ...world.line(number), number: caller });
  call.audio.listenForPrompts(world.prompts);
  await call.answered;
  return call;
}

await t.test("the PIN dialogue", async (t) => {
  // Short timeouts; the waits are the same.
  const world = await World.start(t, {
    settings: withCalls({ pin: { first_digit_timeout: "1s", inter_digit_timeout: "1s" } }),
  });
  const phone = await world.phone();
  const idle = await world.counts();

  await t.test("three wrong PINs: a prompt each time, then goodbye", async (t) => {
    const call = await answeredCall(world, phone);
    const report = world.reports.next("the call's report", () => true, { ms: 60_000 });
    for (const wrong of ["99911#", "99922#"]) {
      const from = call.audio.recording.durationMs;
      await call.sendDigits(wrong);
      await hears(t, world, call, "de/pin-unknown", "no conference has this PIN", { fromMs: from });
    }
    await call.sendDigits("99933#");
    await hears(t, world, call, "de/too-many-tries", "the last words, to their end", { whole: true });
    t.match(
      await call.ended,
      { by: "remote", reason: /Q\.850;cause=16;text="too-many-tries"/ },
      "then einwahl hangs up",
    );
    t.match(await report, { cause: "too-many-tries", pinsTyped: 3 });
  });

  await t.test(
    "PINs that are typed and cleared: each counts as a wrong PIN, in the report and in metrics",
    async (t) => {
      const unknown = async (): Promise<number> => {
        const metrics = await fetch(`http://127.0.0.1:${world.einwahl.operatorsPort}/metrics`);
        return sumOf(readSamples(await metrics.text()), "einwahl_pin_lookups_total", { outcome: "unknown" }) ?? 0;
      };
      const before = await unknown();
      const call = await answeredCall(world, phone);
      const report = world.reports.next("the call's report", () => true, { ms: 60_000 });
      await untilHeard(world, call, "de/welcome");
      await call.sendDigits(Array.from({ length: 10 }, (_, at) => `${String(at).padStart(5, "0")}*`).join(""));
      t.match(await call.ended, { by: "remote", reason: /Q\.850;cause=16;text="too-many-tries"/ });
      t.match(await report, { cause: "too-many-tries", pinsTyped: 3, lookups: ["unknown", "unknown", "unknown"] });
      t.equal((await unknown()) - before, 3);
    },
  );

  await t.test("silence: prompted again, then goodbye", async (t) => {
    const call = await answeredCall(world, phone);
    const report = world.reports.next("the call's report", () => true, { ms: 60_000 });
    t.match(await call.ended, { by: "remote", reason: /text="no-input"/ });
    t.match(await report, { cause: "no-input", pinsTyped: 0 });
    const heard = call.audio.prompts().map(({ name }) => name);
    t.strictSame(
      heard.filter((name) => !name.endsWith("language-switch")),
      [
        "de/welcome",
        "de/enter-pin",
        "de/pin-silence",
        "de/enter-pin",
        "de/pin-silence",
        "de/enter-pin",
        "de/no-input-goodbye",
      ],
      "all prompts, in this order",
    );
  });

  await t.test("** switches to English; * starts over; # ends", async (t) => {
    const call = await answeredCall(world, phone);
    await untilHeard(world, call, "de/welcome");
    await call.sendDigits("**");
    await hears(t, world, call, "en/welcome", "now in English");
    await call.sendDigits("99*");
    await hears(t, world, call, "en/pin-restart", "told that the digits are forgotten");
    const { pin } = conferences[1];
    const arrival = world.bbbs[1].waitForMember(pin, 20_000);
    await call.sendDigits(`${pin}#`);
    t.match(await arrival, { voiceBridge: pin }, "the digits after it count");
    await call.hangUp();
  });

  await t.test("digits by SIP INFO", async (t) => {
    const call = await answeredCall(world, phone, numbers.english);
    await untilHeard(world, call, "en/welcome");
    const { pin } = conferences[0];
    const arrival = world.bbbs[0].waitForMember(pin, 20_000);
    t.ok(await call.sendDigits(pin, { method: "info" }), "taken");
    t.match(await arrival, { voiceBridge: pin });
    await call.hangUp();
  });

  await t.test("anonymous callers, and numbers too short to show a part of", async (t) => {
    const { pin } = conferences[0];
    for (const { from, headers, name } of [
      { from: "anonymous", headers: [], name: "Anonym" },
      {
        from: caller,
        headers: [
          ["Privacy", "id"],
          ["P-Asserted-Identity", `<sip:${caller}@127.0.0.1>`],
        ] as const,
        name: "Anonym",
      },
      { from: "110", headers: [], name: "Telefon" },
      { from: "0049301234567;cpc=ordinary", headers: [], name: "4567" },
    ]) {
      const call = await phone.dial({ ...world.line(), number: from, headers });
      await call.answered;
      const arrival = world.bbbs[0].waitForMember(pin, 20_000);
      await call.sendDigits(pin);
      const member = await arrival;
      t.match(member, { name }, `${name} for ${from}`);
      t.notMatch(member?.number ?? "", /\d/, "and no digit in the pseudonym");
      await call.hangUp();
      t.strictSame(await world.leftBehind(idle), {}, "nothing is left");
    }
  });

  t.strictSame(
    world.complaints([caller.slice(3), "99911", "99922", conferences[1].pin]),
    [],
    "no unexpected error, number or PIN in the log",
  );
});
