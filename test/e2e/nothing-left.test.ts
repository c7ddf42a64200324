import t, { type Test } from "tap";

import type { PhoneCall } from "../../src/softphone/phone-call.js";
import type { DialOptions, TestPhone } from "../../src/softphone/test-phone.js";
import { untilHeard } from "./support/hearing.js";
import { conferences, numbers, withPollInterval, World } from "./support/world.js";

/** calls.per_number allows three calls at a time. */
const callers = ["+4915223125670", "+4915223125671", "+4915223125672"] as const;
const rounds = 3;

t.setTimeout(240_000);

/** A codec that no engine has. */
function withG729Only(sdp: string): string {
  return sdp.replace(/^(m=audio \d+ \S+) 8 0 /m, "$1 18 ").replace(/^a=rtpmap:[08] .*\r\n/gm, "");
}

async function joined(world: World, phone: TestPhone, index: 0 | 1): Promise<PhoneCall> {
  const { pin } = conferences[index];
  const call = await phone.dial({ ...world.line(), number: callers[0] });
  await call.answered;
  const tone = world.bbbs[index].waitForTone({ voiceBridge: pin }, 1040, 20_000);
  call.playTone(1040);
  await call.sendDigits(pin);
  await tone;
  return call;
}

/** Calls that end in every way, all simultaneously. */
async function everyKindOfCall(t: Test, world: World, phone: TestPhone): Promise<void> {
  const refused = async (options: Partial<DialOptions>, status: number): Promise<void> => {
    const call = await phone.dial({ ...world.line(), number: callers[1], ...options });
    t.match(await call.answered, { ok: false, failure: { status } }, `refused with ${status}`);
  };
  const cancelled = async (): Promise<void> => {
    const call = await phone.dial({ ...world.line(), number: callers[1] });
    await call.waitForProgress(180, 20_000);
    t.match(await call.hangUp(), { by: "refused" }, "given up while it rang");
  };
  const left = async (call: Promise<PhoneCall>, how: string): Promise<void> => {
    t.match(await (await call).hangUp(), { by: "local" }, how);
  };
  const greeted = async (): Promise<PhoneCall> => {
    const call = await phone.dial({ ...world.line(), number: callers[2] });
    await call.answered;
    if (!(await call.audio.waitForSound(20_000))) throw new Error("the caller hears nothing");
    return call;
  };
  const typedWrong = async (): Promise<PhoneCall> => {
    const call = await greeted();
    call.audio.listenForPrompts(world.prompts);
    await call.sendDigits("99911#");
    await untilHeard(world, call, "de/pin-unknown");
    return call;
  };
  await Promise.all([
    refused({ rewriteOffer: withG729Only }, 488),
    // Bypasses the carrier, which also puts the trunk into the Request-URI.
    refused({ uri: world.sipUri(numbers.unknown), srtp: "mandatory" }, 404),
    cancelled(),
    left(greeted(), "left during the greeting"),
    left(typedWrong(), "left after a wrong PIN"),
    left(joined(world, phone, 0), "left the first conference"),
    left(joined(world, phone, 1), "left the second conference"),
  ]);
  const thrownOut = await joined(world, phone, 1);
  const { name, pin } = conferences[1];
  await world.bbbs[1].endMeeting(name);
  t.match(await thrownOut.ended, { by: "remote" }, "the conference ended");
  world.bbbs[1].createMeeting({ meetingID: name, name, voiceBridge: pin });
}

await t.test("many calls leak no resources", async (t) => {
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => {
    warnings.push(warning.message);
  };
  process.on("warning", onWarning);
  t.teardown(() => process.off("warning", onWarning));
  const world = await World.start(t, { settings: withPollInterval("1s") });
  const phone = await world.phone();
  // The servers keep their connections for the next call, so the first calls do not count.
  await everyKindOfCall(t, world, phone);
  const before = await world.settled();
  for (let round = 0; round < rounds; round++) await everyKindOfCall(t, world, phone);
  t.strictSame(
    await world.leftBehind(before, { handles: true, ms: 60_000 }),
    {},
    "channels, dialogs, listeners, timers, sockets",
  );
  t.strictSame(warnings, [], "no warning of Node's, such as too many listeners");
  t.strictSame(
    world.complaints([...callers.map((caller) => caller.slice(3)), "99911"]),
    [],
    "no unexpected error, number or PIN in the log",
  );
});
