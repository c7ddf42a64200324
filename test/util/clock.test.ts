import t from "tap";

import { systemClock } from "../../src/util/clock.js";
import { sleep } from "../../src/util/wait.js";

await t.test("a cancelled timer never fires", async (t) => {
  const fired: string[] = [];
  const callOff = systemClock.after(1, () => fired.push("called off"));
  callOff();
  await sleep(systemClock, 5);
  t.same(fired, []);
});
