import t from "tap";

import type { SampleBbb } from "../../src/simulators/bbb/sample-bbb.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import type { TestPhone } from "../../src/softphone/test-phone.js";
import { conferences, numbers, withPollInterval, World } from "../e2e/support/world.js";
import { missingEngines } from "./programs.js";

const calls = 500;
const atATime = 20;
const patience = 30_000;
/** As fast as people with both thumbs, in milliseconds: 14 keys a second. */
const fast = { durationMs: 40, gapMs: 30 };
/** Every BBB key but the mute key twice, and repeated ones. */
const keys = "1234567890";
const [first, second] = conferences;
const skip =
  process.env["EINWAHL_TEST_ENGINES"] === "real" ? (missingEngines() ?? false) : "only with npm run test:engines";

t.setTimeout(400_000);

/** Types a PIN into the running prompt; returns the member id, or why there is none. */
async function join(
  call: PhoneCall,
  bbb: SampleBbb,
  pin: string,
  last4: string,
): Promise<{ readonly id: string } | { readonly failed: string }> {
  const arrival = bbb.waitForMember(pin, patience, last4);
  if ((await call.audio.waitForSound(patience)) === undefined) return { failed: "no prompt" };
  await call.sendDigits(pin, fast);
  const member = await arrival;
  return member === undefined ? { failed: "not joined" } : { id: member.memberId };
}

/** PIN, keys in the conference, the leave key, and another PIN, each in the middle of what is played. */
async function call(world: World, phone: TestPhone, last4: string): Promise<string> {
  const made = await phone.dial({ uri: world.sipUri(numbers.german), number: `+491522312${last4}` });
  const answered = await made.answered;
  if (!answered.ok) return `refused: ${answered.failure.status} ${answered.failure.reason}`;
  const [bbb, other] = world.bbbs;
  try {
    const here = await join(made, bbb, first.pin, last4);
    if ("failed" in here) return `first PIN: ${here.failed}`;
    await made.sendDigits(keys, fast);
    await bbb.waitForDigits(here.id, keys, patience);
    const got = bbb.digits(here.id);
    if (got !== keys) return `in the conference: ${got}`;
    const left = bbb.waitForLeave(here.id, patience);
    await made.sendDigits("*#", fast);
    if ((await left) === undefined) return "the leave key: still there";
    const there = await join(made, other, second.pin, last4);
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
  for (let at = 0; at < calls; at += atATime) {
    const round = Array.from(
      { length: atATime },
      async (_, place) => await call(world, phone, String(1_000 + at + place)),
    );
    for (const outcome of await Promise.all(round)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  t.comment(`${calls} calls in ${Math.round((performance.now() - began) / 1_000)} s`);
  t.strictSame(Object.fromEntries(outcomes), { exact: calls }, "PINs and keys arrive as typed");
  t.strictSame(await world.leftBehind(await world.settled()), {});
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
