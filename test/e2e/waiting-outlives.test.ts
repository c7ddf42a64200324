import { setTimeout } from "node:timers/promises";

import t from "tap";

import { timeoutMs } from "../support/deadline.js";
import { missingPrograms } from "./support/missing-programs.js";
import type { Caller } from "./support/parts/caller.js";
import { PartsWorld } from "./support/parts/parts-world.js";

const isReal = process.env["EINWAHL_TEST_ENGINES"] === "real";
const callers = isReal ? 100 : 20;
const atOnce = 5;
const numberOf = (index: number): string => `+49152232${25_000 + index}`;

t.setTimeout(400_000);

/** Waits until einwahl reports that all callers wait; resolves with the number that do. */
async function waiting({ einwahl }: PartsWorld): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const { calls } = await einwahl.status();
    const count = calls.byStage.waiting;
    if (count === callers || performance.now() > deadline) return count;
    await setTimeout(100);
  }
}

await t.test(
  `${callers} callers wait while einwahl is killed`,
  { skip: missingPrograms("redis-server") },
  async (t) => {
    const parts = await PartsWorld.start(t, {
      store: "redis",
      maxCalls: callers + 10,
      settings: (settings) => ({
        ...settings,
        calls: {
          ...(settings["calls"] as object | undefined),
          max_concurrent: 2 * callers + 20,
          waiting: { max_percent: 100, per_pin: callers + 10 },
        },
      }),
    });
    const { world, einwahl } = parts;
    const [bbb] = world.bbbs;
    const idle = await world.counts();
    const pin = await parts.reserve("Evening class");
    const numbers = Array.from({ length: callers }, (_, index) => numberOf(index));
    const all: Caller[] = [];
    const dial = async (): Promise<void> => {
      for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) {
        const caller = await parts.dial(number, { recognises: false });
        await caller.greeted();
        await caller.call.sendDigits(`${pin}#`);
        all.push(caller);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, dial));
    t.equal(await waiting(parts), callers, "all wait");
    const killedMs = performance.now();
    await einwahl.end("SIGKILL");
    await einwahl.start();
    const readyMs = performance.now();
    t.equal(await waiting(parts), callers, "all wait again, without typing");
    t.comment(
      `ready after ${Math.round(readyMs - killedMs)} ms, all there ${Math.round(performance.now() - readyMs)} ms later`,
    );
    const silences = all.map((caller) => caller.hears.longest("silence", killedMs));
    t.ok(Math.max(...silences) < 3_000, `silence of at most ${Math.round(Math.max(...silences))} ms`);
    t.strictSame(
      all.filter(({ end }) => end !== undefined).map((caller) => caller.evidence()),
      [],
      "no call has ended",
    );
    const openedMs = performance.now();
    bbb.createMeeting({ meetingID: "Evening class", name: "Evening class", voiceBridge: pin });
    const joined = await Promise.all(all.map((caller) => caller.arrival(pin, bbb, 4 * timeoutMs)));
    t.equal(new Set(joined.map(({ memberId }) => memberId)).size, callers, "all have joined, each once");
    t.comment(`all in ${Math.round(performance.now() - openedMs)} ms after the start`);
    await Promise.all(all.map((caller) => caller.hangUp()));
    t.strictSame(await world.leftBehind(idle, { ms: 10_000 }), {}, "nothing is left");
  },
);
