import t from "tap";

import { systemClock } from "../../src/util/clock.js";

await t.test("a cancelled timer never fires", async (t) => {
  const fired: string[] = [];
  const callOff = systemClock.after(1, () => fired.push("called off"));
  callOff();
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  t.same(fired, []);
});
