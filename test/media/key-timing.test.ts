import t from "tap";

import { KeyTiming } from "../../src/media/key-timing.js";
import { FakeClock } from "../support/fake-clock.js";

/** `b`: a bridge begins, `50`: milliseconds go by, `k100`: a key of 100 ms has ended; returns `+` or `-` for each key. */
async function judge(script: string): Promise<string> {
  const clock = new FakeClock();
  const timing = new KeyTiming(clock);
  let judged = "";
  for (const step of script.split(" ")) {
    if (step === "b") timing.bridged();
    else if (step.startsWith("k")) judged += timing.isPossible(Number(step.slice(1))) ? "+" : "-";
    else await clock.advance(Number(step));
  }
  return judged;
}

await t.test(
  "a key that was held for longer than the time since the last one, in a bridge's first second",
  async (t) => {
    const rows: readonly (readonly [script: string, judged: string, what: string])[] = [
      ["2000 k50 70 b 30 k934", "+-", "as FreeSWITCH reports a flushed key"],
      ["2000 k50 70 b 30 k5682 20 k50 k50", "+-++", "and the caller's own keys after it"],
      ["2000 k50 b 900 k900", "++", "held since the last key"],
      ["2000 k50 b 10 k500 k500", "+++", "reports that come late together"],
      ["3000 b 20 k3400", "+", "held from the beginning"],
      ["300 b 20 k3400", "-", "held before the channel was there"],
      ["2000 k50 70 k8000 b 1000 k8000", "+++", "any duration without a bridge, or later"],
    ];
    for (const [script, judged, what] of rows) t.equal(await judge(script), judged, what);
  },
);
