import t from "tap";

import { testPart } from "./support/matrix/expect.js";
import { missingPrograms } from "./support/missing-programs.js";

t.setTimeout(300_000);

await t.test("the API of a BBB server ends with a caller in each stage", { skip: missingPrograms() }, async (t) => {
  await testPart(t, {
    part: ({ api }) => api,
    // Its end looks the same with both signals.
    signals: ["SIGKILL"],
    pauseMs: 3_000,
    promises: { silenceMs: 3_000, heard: ["waiting", "talking"], nextCallMs: 5_000 },
  });
});
