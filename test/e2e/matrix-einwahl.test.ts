import t from "tap";

import { testPart } from "./support/matrix/expect.js";
import { missingPrograms } from "./support/missing-programs.js";

t.setTimeout(300_000);

await t.test("einwahl ends with a caller in each stage", { skip: missingPrograms() }, async (t) => {
  await testPart(t, {
    part: ({ einwahl }) => einwahl,
    pauseMs: 1_000,
    promises: {
      mayEnd: ["ringing"],
      silenceMs: 3_000,
      heard: ["greeting", "typing", "waiting", "joining", "talking", "leaving"],
      nextCallMs: 10_000,
    },
  });
});
