import t from "tap";

import type { SampleBbb } from "../../src/simulators/bbb/sample-bbb.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import type { TestPhone } from "../../src/softphone/test-phone.js";
import { forEachAtOnce } from "../../src/util/at-once.js";
import { systemClock } from "../../src/util/clock.js";
import { within } from "../../src/util/wait.js";
import { conferences, numbers, withPollInterval, World } from "../e2e/support/world.js";
import { missingEngines } from "./programs.js";

const calls = 500;
const atATime = 20;
const patience = 30_000;
/** As fast as people with both thumbs, in milliseconds: 14 keys a second. */
const fast = { durationMs: 40, gapMs: 30 };
/** Callers' tone, in Hz, and the least amplitude of it that is no noise. */
const toneHz = 700;
const audible = 1_000;
/** Each call presses four of them in the conference: einwahl sends each on for 250 ms. */
const allKeys = "1234567890#";
const [first, second] = conferences;
const skip =
  process.env["EINWAHL_TEST_ENGINES"] === "real" ? (missingEngines() ?? false) : "only with npm run test:engines";

t.setTimeout(400_000);

interface Destination {
  readonly bbb: SampleBbb;
  readonly pin: string;
  /** The key that ends the PIN, if any. */
  readonly end: "#" | "";
}

/** Types a PIN into the running prompt; returns the member id once the conference hears it, or why there is none. */
async function join(
  call: PhoneCall,
  { bbb, pin, end }: Destination,
  last4: string,
): Promise<{ readonly id: string } | { readonly failed: string }> {
  const arrival = bbb.waitForMember(pin, patience, last4);
  if ((await call.audio.waitForSound(patience)) === undefined) return { failed: "no prompt" };
  await call.sendDigits(`${pin}${end}`, fast);
  const member = await arrival;
  if (member === undefined) return { failed: "not joined" };
  return (await hearsCaller(bbb, member.memberId)) ? { id: member.memberId } : { failed: "not heard" };
}

/** Waits until the caller's tone reaches the conference; FreeSWITCH sends silence of its own before. */
async function hearsCaller(bbb: SampleBbb, id: string): Promise<boolean> {
  let stop: () => void = () => undefined;
  const heard = new Promise<true>((resolve) => {
    stop = bbb.listen(id, (pcm) => {
      if (pcm.some((sample) => sample > audible)) resolve(true);
    });
  });
  return (await within(systemClock, patience, heard).finally(stop)) ?? false;
}

/** PIN, keys in the conference, the leave key, and another PIN, each in the middle of what is played. */
async function call(world: World, phone: TestPhone, index: number): Promise<string> {
  const last4 = String(1_000 + index);
  // The first is not the `#`, which after a PIN belongs to the PIN.
  const start = index % allKeys.indexOf("#");
  const keys = Array.from({ length: 4 }, (_, place) => allKeys[(start + place) % allKeys.length]).join("");
  const end = index % 2 === 0 ? "#" : "";
  const made = await phone.dial({ uri: world.sipUri(numbers.german), number: `+491522312${last4}` });
  const answered = await made.answered;
  if (!answered.ok) return `refused: ${answered.failure.status} ${answered.failure.reason}`;
  made.playTone(toneHz);
  const [bbb, other] = world.bbbs;
  try {
    const here = await join(made, { bbb, pin: first.pin, end }, last4);
    if ("failed" in here) return `first PIN: ${here.failed}`;
    await made.sendDigits(keys, fast);
    await bbb.waitForDigits(here.id, keys, patience);
    const got = bbb.digits(here.id);
    if (got !== keys) return `in the conference: ${got}`;
    const left = bbb.waitForLeave(here.id, patience);
    await made.sendDigits("*#", fast);
    if ((await left) === undefined) return "the leave key: still there";
    const there = await join(made, { bbb: other, pin: second.pin, end }, last4);
    if ("failed" in there) return `second PIN: ${there.failed}`;
    return other.digits(there.id) === "" ? "exact" : `in the second conference: ${other.digits(there.id)}`;
  } finally {
    await made.hangUp();
  }
}

await t.test(`garbage-free digits over SRTP in ${calls} calls`, { skip }, async (t) => {
  const world = await World.start(t, { line: "straight", settings: withPollInterval("1s") });
  const phone = await world.phone({ maxRecordingMs: 1_000 });
  const outcomes = new Map<string, number>();
  const began = performance.now();
  await forEachAtOnce(
    Array.from({ length: calls }, (_, index) => index),
    atATime,
    async (index) => {
      const outcome = await call(world, phone, index);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    },
  );
  t.comment(`${calls} calls in ${Math.round((performance.now() - began) / 1_000)} s`);
  t.strictSame(Object.fromEntries(outcomes), { exact: calls }, "PINs and keys arrive as typed");
  t.strictSame(await world.leftBehind(await world.settled()), {});
  const isComplete = (): boolean => world.reports.past.length >= calls;
  if (!isComplete()) await world.reports.next("the last report", isComplete);
  const reports = world.reports.past;
  t.equal(reports.length, calls);
  t.strictSame(
    reports.filter(({ pinsTyped, lookups }) => pinsTyped !== 2 || lookups.join() !== "open,open"),
    [],
    "no call had a PIN that was not typed",
  );
  t.ok(
    reports.every(({ srtp }) => srtp.trunk?.startsWith("A") === true && srtp.bbb?.startsWith("A") === true),
    "all were encrypted on both legs",
  );
});
