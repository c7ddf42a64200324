import { setTimeout } from "node:timers/promises";

import t from "tap";

import { Pin } from "../../src/caller/secret.js";
import { noRedis, RedisServer } from "../store/support/redis-server.js";
import { timeoutMs } from "../support/deadline.js";
import { untilHeard } from "./support/hearing.js";
import { conferences, World } from "./support/world.js";

const caller = "+4915223125678";
const [{ pin: running }] = conferences;
const reserved = `${running}6789`;
/** Longer than `calls.pin.inter_digit_timeout`. */
const pauseMs = 5_500;

async function typesWithPause(world: World, digits: string): Promise<void> {
  const found = Pin.parse(digits);
  if (!found.ok) throw new Error(digits);
  const imported = await world.einwahl.pins?.rooms?.import([
    { meetingId: "room", pin: found.value, reservedAt: Date.now(), validUntil: undefined },
  ]);
  t.match(imported, { ok: true, value: ["imported"] });
  const phone = await world.phone();
  const call = await phone.dial({ ...world.line(), number: caller });
  call.audio.listenForPrompts(world.prompts);
  t.match(await call.answered, { ok: true });
  await untilHeard(world, call, "de/welcome");
  await call.sendDigits(digits.slice(0, running.length));
  await setTimeout(pauseMs);
  await call.sendDigits(digits.slice(running.length));
  await untilHeard(world, call, "de/not-started");
  t.equal(world.bbbs[0].members(running).length, 0, "the other meeting has no member");
  const arrival = world.bbbs[1].waitForMember(digits, timeoutMs);
  world.bbbs[1].createMeeting({ meetingID: "room", name: "Room", voiceBridge: digits });
  t.match(await arrival, { voiceBridge: digits }, "but in the caller's own, when it begins");
  await call.hangUp();
  await call.ended;
}

await t.test(
  "a reserved PIN that starts with a running meeting's PIN, typed with a pause",
  { timeout: 200_000 },
  async (t) => {
    const world = await World.start(t, { settings: (settings) => ({ ...settings, rooms: { store: "data" } }) });
    await typesWithPause(world, reserved);
  },
);

await t.test("the same with Redis", { timeout: 200_000, skip: noRedis }, async (t) => {
  const redis = await RedisServer.start();
  t.teardown(() => redis.stop());
  const world = await World.start(t, { settings: (settings) => ({ ...settings, rooms: { store: redis.url } }) });
  await typesWithPause(world, reserved);
});
