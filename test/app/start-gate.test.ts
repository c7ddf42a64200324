import t from "tap";

import { StartGate } from "../../src/app/start-gate.js";
import { FakeClock } from "../support/fake-clock.js";

await t.test("open when the directory and a media server are there", (t) => {
  const clock = new FakeClock();
  const gate = new StartGate(clock);
  gate.ready("media server");
  gate.ready("media server");
  t.notOk(gate.whenOpen.isSet);
  gate.ready("directory");
  t.ok(gate.whenOpen.isSet);
  t.equal(clock.pending, 0, "no timer remains");
  t.end();
});

await t.test("open after 5 s without a media server", async (t) => {
  const clock = new FakeClock();
  const gate = new StartGate(clock);
  gate.ready("directory");
  await clock.advance(4_999);
  t.notOk(gate.whenOpen.isSet);
  await clock.advance(1);
  t.ok(gate.whenOpen.isSet);
});
