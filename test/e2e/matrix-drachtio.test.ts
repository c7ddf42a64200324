import t from "tap";

import { testPart } from "./support/matrix/expect.js";
import { missingPrograms } from "./support/missing-programs.js";

t.setTimeout(300_000);

await t.test("drachtio ends with a caller in each stage", { skip: missingPrograms() }, async (t) => {
  await testPart(t, {
    // The carrier's relay keeps the ports of calls that drachtio forgot, until its own timers end.
    maxCalls: 100,
    part: ({ engines }) => engines.drachtio,
    pauseMs: 3_000,
    promises: {
      mayEnd: ["ringing"],
      silenceMs: 3_000,
      heard: ["waiting", "talking"],
      nextCallMs: 20_000,
      expectedLeftovers: /^carrier\.calls$/,
    },
  });
});
