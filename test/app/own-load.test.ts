import t from "tap";

import { OwnLoad } from "../../src/app/own-load.js";
import { eventLoopDelay } from "../../src/cli/event-loop-delay.js";
import { systemClock } from "../../src/util/clock.js";
import { FakeClock } from "../support/fake-clock.js";

await t.test("slow while timers are late", async (t) => {
  const clock = new FakeClock();
  const delays = [3, 400, 101, 100, 102, 2, 1_001];
  const load = new OwnLoad(clock, () => delays.shift() ?? 0);
  load.open();
  const states: string[] = [];
  for (let reading = 0; reading < 7; reading++) {
    await clock.advance(500);
    states.push(load.state);
  }
  t.strictSame(states, ["free", "free", "slow", "free", "free", "free", "slow"]);
  load.close();
  t.equal(clock.pending, 0, "no timer remains");
});

await t.test("after a pause of this process the delay is known before a waiting request is read", async (t) => {
  const load = new OwnLoad(systemClock, eventLoopDelay());
  load.open();
  t.teardown(() => {
    load.close();
  });
  // The histogram begins with its second sample.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const readState = new Promise<string>((resolve) => {
    setImmediate(() => {
      // Nothing else runs for six seconds; the reading is due meanwhile.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6_000);
      setImmediate(() => {
        setImmediate(() => {
          resolve(load.state);
        });
      });
    });
  });
  t.equal(await readState, "slow");
});
