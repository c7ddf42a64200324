import t, { type Test } from "tap";

import { CallHarness, type CallScript } from "../support/call-harness.js";
import { fakeConference } from "../support/fake-directory.js";

/** Exceeds the key timeout of four seconds. */
const pauseMs = 4_100;

async function greeted(t: Test, changes: Partial<CallScript>): Promise<CallHarness> {
  const world = CallHarness.checked(t, { typing: [], ...changes });
  world.begin();
  await world.clock.advance(100);
  return world;
}

async function type(world: CallHarness, keys: string): Promise<void> {
  for (const key of keys) {
    world.press(key);
    await world.clock.advance(100);
  }
}

for (const [running, reserved] of [
  ["54321", "543210987"],
  ["5432", "543210987"],
  ["5", "54321"],
] as const) {
  const script = { conferences: [fakeConference(running)], reserved: [reserved] };

  await t.test(
    `the reserved ${reserved} typed with a pause after ${running}, the PIN of a running meeting`,
    async (t) => {
      const world = await greeted(t, script);
      await type(world, running);
      await world.clock.advance(pauseMs);
      t.strictSame(world.directory.found, [], "nothing is looked up yet");
      await type(world, reserved.slice(running.length));
      await world.clock.advance(100);
      t.strictSame(world.directory.found, [reserved]);
      t.equal(world.stages.at(-1), "waiting");
      t.strictSame(world.endpoint.targets, [], "and no conference was joined");
      world.call.hangUpByCaller();
      await world.finish();
    },
  );

  await t.test(`${running} itself is complete with #, or after a second pause`, async (t) => {
    const world = await greeted(t, script);
    await type(world, `${running}#`);
    t.strictSame(world.directory.found, [running]);
    world.call.hangUpByCaller();
    await world.finish();

    const patient = await greeted(t, script);
    await type(patient, running);
    await patient.clock.advance(2 * pauseMs);
    t.strictSame(patient.directory.found, [running]);
    patient.call.hangUpByCaller();
    await patient.finish();
  });
}

await t.test("a store that does not answer costs only the second pause", async (t) => {
  const world = await greeted(t, {
    goesOnMs: "never",
    conferences: [fakeConference("54321"), fakeConference("9876543")],
  });
  await type(world, "54321");
  await world.clock.advance(pauseMs + 1_500);
  t.strictSame(world.directory.found, []);
  await world.clock.advance(pauseMs);
  t.strictSame(world.directory.found, ["54321"]);
  world.call.hangUpByCaller();
  await world.finish();
});
