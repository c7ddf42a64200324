import t from "tap";
import { talk } from "./support/talk.js";
import { type Settings, World, conferences } from "./support/world.js";

const caller = "+4915223125678";

/** The From user under which the first conference knows a caller. */
async function pseudonymOf(world: World, number: string): Promise<string> {
  const phone = await world.phone();
  const { call, member } = await talk(world, phone, { number });
  await call.hangUp();
  await call.ended;
  return member.number;
}

await t.test("a ban by BBB holds for the rest of the meeting, also after a restart", { timeout: 300_000 }, async (t) => {
  const kept = (settings: Settings): Settings => ({ ...settings, rooms: { store: "data" } });
  const world = await World.start(t, { settings: kept });
  const [bbb] = world.bbbs;
  const first = await pseudonymOf(world, caller);
  t.match(first, /^anruf-[a-p]{16}$/);
  t.equal(await pseudonymOf(world, caller), first);
  t.not(await pseudonymOf(world, "+4915223125679"), first, "another caller");

  await world.stopEinwahl();
  await world.startEinwahl({ settings: kept });
  t.equal(await pseudonymOf(world, caller), first, "after a restart");

  await world.stopEinwahl();
  await world.startEinwahl({});
  t.not(await pseudonymOf(world, caller), first, "without the store");

  const [{ pin, name }] = conferences;
  await bbb.endMeeting(name);
  bbb.createMeeting({ meetingID: name, name, voiceBridge: pin });
  await world.stopEinwahl();
  await world.startEinwahl({ settings: kept });
  t.not(await pseudonymOf(world, caller), first, "in the next meeting of the same room");
});
