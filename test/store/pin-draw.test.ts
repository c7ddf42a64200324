import t from "tap";

import { clashesWithRunning, drawPin } from "../../src/store/pin-draw.js";

function running(
  ...pins: readonly string[]
): (digits: string) => { readonly complete: boolean; readonly longer: boolean } {
  return (digits) => ({
    complete: pins.includes(digits),
    longer: pins.some((pin) => pin.startsWith(digits) && pin !== digits),
  });
}

await t.test("no drawn PIN has a running PIN as prefix, however short, or is a prefix of one", (t) => {
  const match = running("1", "23", "4567", "55555", "67890123401");
  const isInUse = (digits: string): boolean => clashesWithRunning(digits, match);
  for (const taken of ["100000000", "230000000", "456700000", "555550000", "55555", "678901234", "67890"])
    t.equal(isInUse(taken), true, taken);
  for (const free of ["200000000", "456800000", "555560000", "678901235", "999990000"])
    t.equal(isInUse(free), false, free);
  t.equal(drawPin({ pinLength: 9, randomBelow: () => 0, isInUse }), undefined);
  t.equal(drawPin({ pinLength: 9, randomBelow: () => 100_000_000, isInUse }), "200000000");
  t.end();
});
