import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import t, { type Test } from "tap";

import { Pin } from "../../src/caller/secret.js";
import { typed } from "../cli/support/typed.js";
import { openInstance } from "../control/support/instance.js";
import { hears, untilHeard } from "./support/hearing.js";
import { World, type WorldOptions } from "./support/world.js";

const plain: WorldOptions = { line: "straight" };

/** Reserves a PIN on the command line, through the running instance. */
async function reserve(t: Test, world: World, room: string): Promise<string> {
  const { einwahl } = world;
  const { socket } = await openInstance(t, {
    rooms: () => einwahl.pins?.rooms,
    openRooms: async () => await (einwahl.pins?.openRooms() ?? Promise.reject(new Error("no web"))),
  });
  const { code, output, errors } = await typed(["pins", "reserve", room, "-c", world.settingsFile, "-s", socket]);
  t.equal(code, 0, errors);
  return output.trim();
}

async function isKnown(t: Test, world: World, pin: string, what: string): Promise<void> {
  const phone = await world.phone();
  const call = await phone.dial({ ...world.line(), number: "+4915223125678" });
  call.audio.listenForPrompts(world.prompts);
  await call.answered;
  await untilHeard(world, call, "de/welcome");
  await call.sendDigits(`${pin}#`);
  await hears(t, world, call, "de/not-started", what);
  await call.hangUp();
}

await t.test("PINs reserved on the command line apply to callers, although no front end has a token", async (t) => {
  const world = await World.start(t, plain);
  t.equal(world.einwahl.status().store.kind, "none", "nothing is written while there is nothing to keep");
  const pin = await reserve(t, world, "room");
  await isKnown(t, world, pin, "reserved while einwahl runs");
  t.equal(world.einwahl.status().store.kind, "embedded");

  await world.stopEinwahl();
  const reserved = await typed(["pins", "reserve", "another", "-c", world.settingsFile]);
  t.equal(reserved.code, 0, reserved.errors);
  await world.startEinwahl(plain);
  await isKnown(t, world, reserved.output.trim(), "reserved while einwahl did not run");

  await world.stopEinwahl();
  const journal = join(dirname(world.settingsFile), "data", "rooms.journal");
  t.match(await readFile(journal, "utf8"), pin);
  await writeFile(journal, "no journal\n");
  await world.startEinwahl(plain);
  t.match(
    world.einwahl.status().store,
    { kind: "none", trouble: { what: /rooms\.store/ } },
    "an unreadable store rejects no caller, and the operator gets a report",
  );

  await world.stopEinwahl();
  await world.startEinwahl({ ...plain, settings: (settings) => ({ ...settings, rooms: { store: "chosen" } }) });
  const third = Pin.parse(await reserve(t, world, "third"));
  t.match(
    third.ok ? await world.einwahl.pins?.rooms?.findByPin(third.value) : undefined,
    { ok: true, value: { meetingId: "third" } },
    "in the configured store",
  );
});
