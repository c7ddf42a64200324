import { setTimeout } from "node:timers/promises";

import t from "tap";

import { missingPrograms } from "./support/missing-programs.js";
import { PartsWorld } from "./support/parts/parts-world.js";
import { conferences } from "./support/world.js";

const [here] = conferences;
const numberOf = (name: string): string => `+491522312${name}`;
const webTone = 440;
/** The prompt and a minute of music, milliseconds. */
const waitMs = 75_000;
/** A prompt, and the music twice. */
const longestSoundMs = 40_000;

t.setTimeout(200_000);

// The prompt and a minute of music are too long for each run of all tests.
const skip = process.env["EINWAHL_TEST_ENGINES"] === "real" ? missingPrograms() : "only on the real engines";
await t.test("einwahl is killed and does not come back", { skip }, async (t) => {
  const parts = await PartsWorld.start(t);
  const { world, einwahl } = parts;
  const [bbb] = world.bbbs;
  const evening = await parts.reserve("Evening class");
  const idle = await world.counts();
  bbb.playTone(here.pin, webTone);
  const talking = await parts.talk(numberOf("5001"), here.pin, bbb);
  const waiting = await parts.dial(numberOf("5002"));
  await waiting.greeted();
  await waiting.waitFor(evening);
  const greeted = await parts.dial(numberOf("5003"));
  await greeted.greeted();
  talking.call.playTone(700, 0.1);
  await setTimeout(1_000);

  const calmMs = performance.now() - 500;
  const killedAt = performance.now();
  const fromMs = [greeted, waiting].map(({ hears }) => hears.heardMs);
  await einwahl.end("SIGKILL");
  await setTimeout(5_000);
  for (const recorder of [talking.hears, talking.says])
    t.ok((recorder?.longest("gap", calmMs) ?? Infinity) < 100, "the conference goes on for those who are in it");
  const endedAt = performance.now();
  const talkedMs = talking.hears.heardMs;
  await bbb.endMeeting(here.name);

  await Promise.all(
    [
      { caller: greeted, name: "in the dialogue", aloneAt: killedAt, heardMs: fromMs[0] },
      { caller: waiting, name: "waiting", aloneAt: killedAt, heardMs: fromMs[1] },
      { caller: talking, name: "in a conference that ends", aloneAt: endedAt, heardMs: talkedMs },
    ].map(async ({ caller, name, aloneAt, heardMs }) => {
      // What plays at that moment is played to its end.
      const told = await caller.hearsPrompt("de/please-wait", longestSoundMs, heardMs);
      const toldMs = told === undefined ? undefined : Math.round(told - aloneAt);
      t.ok(toldMs, `${name}: asked to wait after ${String(toldMs)} ms`, { heard: caller.prompts(aloneAt) });
      const goodbye = await caller.hearsPrompt("de/goodbye", waitMs, heardMs);
      const goodbyeMs = goodbye === undefined ? undefined : Math.round(goodbye - aloneAt);
      t.ok(goodbyeMs !== undefined && goodbyeMs > 55_000, `${name}: goodbye after ${String(goodbyeMs)} ms`);
      const silence = caller.hears
        .pauses("silence", aloneAt)
        .filter(({ atMs }) => atMs < (goodbye ?? Infinity))
        .reduce((longest, { ms }) => Math.max(longest, ms), 0);
      t.ok(silence < 2_000, `${name}: silence of ${Math.round(silence)} ms until then`);
    }),
  );
  // A BYE needs einwahl.
  for (const caller of [greeted, waiting, talking]) await caller.hangUp();
  t.strictSame(await world.leftBehind(idle, { ms: 10_000 }), {}, "nothing is left");
  t.strictSame(world.complaints([numberOf("500").slice(3)]), [], "no bug and no number in the log");
});
