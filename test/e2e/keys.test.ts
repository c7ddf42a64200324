import { readFile } from "node:fs/promises";
import { join } from "node:path";

import t, { type Test } from "tap";

import type { MemberInfo } from "../../src/simulators/bbb/member.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { type KnownPrompt, knownPrompt } from "../../src/softphone/prompt-library.js";
import { PromptRecogniser } from "../../src/softphone/prompt-recognition.js";
import { readWav } from "../../src/softphone/rtp/wav.js";
import { timeoutMs } from "../support/deadline.js";
import { hears } from "./support/hearing.js";
import { talk, Tones } from "./support/talk.js";
import { conferences, soundsDirectory, withCalls, World } from "./support/world.js";

const caller = "+4915223125678";
const [here, elsewhere] = conferences;

/** The recorded names of keys: too short to be recognised among all prompts, but distinguishable among themselves. */
async function readKeyNames(): Promise<readonly KnownPrompt[]> {
  const keys = [...Array.from("0123456789"), "star", "pound"];
  return await Promise.all(
    keys.map(async (key) => {
      const wav = readWav(await readFile(join(soundsDirectory, "de", `key-${key}.wav`)));
      if (!wav.ok) throw new Error(`key-${key}.wav: ${wav.failure.kind}`);
      return knownPrompt(key, wav.value);
    }),
  );
}

await t.test("keys in a conference", async (t) => {
  const world = await World.start(t);
  const [bbb, other] = world.bbbs;
  const phone = await world.phone();

  /** Asserts that the conference has received exactly these digits since the caller joined. */
  const gets = async (t: Test, { memberId }: MemberInfo, keys: string, message: string): Promise<void> => {
    await bbb.waitForDigits(memberId, keys, timeoutMs);
    t.equal(bbb.digits(memberId), keys, message);
  };

  for (const method of ["rfc4733", "info"] as const) {
    await t.test(`BBB's own keys and *6, by ${method}`, async (t) => {
      const { call, member } = await talk(world, phone, { number: caller, method });
      await call.sendDigits("0123456789#", { method });
      await gets(t, member, "0123456789#", "each key, and nothing else");
      await call.sendDigits("*6", { method });
      await gets(t, member, "0123456789#0", "*6 mutes, as 0 does");
      await call.sendDigits("*", { method });
      await gets(t, member, "0123456789#0*", "a * that nothing follows is BBB's");
      await call.sendDigits("*3", { method });
      await gets(t, member, "0123456789#0**3", "so is one that another key follows");
      await call.hangUp();
    });

    await t.test(`the leave key leads to another conference, by ${method}`, async (t) => {
      const { call, member } = await talk(world, phone, { number: caller, method });
      const report = world.reports.next("the call's report", () => true, { ms: 60_000 });
      const from = call.audio.recording.durationMs;
      await call.sendDigits("*#", { method });
      t.ok(await bbb.waitForLeave(member.memberId, timeoutMs), "out of the first conference");
      await hears(t, world, call, "de/enter-pin", "asked for another PIN", { fromMs: from });
      t.notOk(
        call.audio.prompts().some(({ name }) => name === "de/conference-ended"),
        "the conference continues",
      );
      const arrival = other.waitForMember(elsewhere.pin, timeoutMs);
      await call.sendDigits(`${elsewhere.pin}#`, { method });
      const there = await arrival;
      t.match(there, { name: "5678" }, "in the second conference");
      if (there === undefined) throw new Error(world.tail());
      await new Tones(world, { call, member: there }, other).bothWays(t, "in the second conference");
      t.equal(other.digits(there.memberId), "", "which has got none of the keys");
      await call.hangUp();
      t.match(await report, { cause: "caller-hung-up", joins: 2, server: other.name });
    });
  }

  t.strictSame(world.complaints([caller.slice(3), here.pin, elsewhere.pin]), [], "no bug, number or PIN in the log");
});

await t.test("hints name the configured keys before the first conference", async (t) => {
  const world = await World.start(t, { settings: withCalls({ hints: true, leave_key: "*8" }) });
  const [bbb, other] = world.bbbs;
  const phone = await world.phone();
  const keyNames = await readKeyNames();
  const hints = ["de/mute-hint", "de/leave-hint"];
  const heardHints = (call: PhoneCall): string[] =>
    call.audio
      .prompts()
      .map(({ name }) => name)
      .filter((name) => hints.includes(name));
  /** The keys named after the hint about leaving. */
  const keysNamed = (call: PhoneCall): string[] => {
    const hint = call.audio.prompts().find(({ name }) => name === "de/leave-hint");
    if (hint === undefined) return [];
    const recogniser = new PromptRecogniser(keyNames);
    recogniser.push(call.audio.recording.pcm(hint.offsetMs + hint.heardMs));
    return recogniser.matches().map(({ name }) => name);
  };

  await t.test("once per call", async (t) => {
    const { call, member } = await talk(world, phone, { number: caller });
    t.strictSame(heardHints(call), hints, "both, in this order, before the conference");
    t.strictSame(keysNamed(call), ["star", "8"], "with the keys as they are set");
    await call.sendDigits("*8");
    t.ok(await bbb.waitForLeave(member.memberId, timeoutMs), "the key from the hint leaves");
    const arrival = other.waitForMember(elsewhere.pin, timeoutMs);
    await call.sendDigits(`${elsewhere.pin}#`);
    t.ok(await arrival, "in the second conference");
    t.strictSame(heardHints(call), hints, "played once only");
    await call.hangUp();
  });

  await t.test("any key skips them", async (t) => {
    const call = await phone.dial({ ...world.line(), number: caller });
    call.audio.listenForPrompts(world.prompts);
    await call.answered;
    await call.sendDigits(`${here.pin}#`);
    await hears(t, world, call, "de/mute-hint", "the hints begin");
    const arrival = bbb.waitForMember(here.pin, timeoutMs);
    await call.sendDigits("1");
    const member = await arrival;
    t.ok(member, "in the conference");
    t.notOk(heardHints(call).includes("de/leave-hint"), "before they were over");
    t.equal(bbb.digits(member?.memberId ?? ""), "", "the key was for einwahl");
    await call.hangUp();
  });

  t.strictSame(world.complaints([caller.slice(3)]), [], "no bug or number in the log");
});
