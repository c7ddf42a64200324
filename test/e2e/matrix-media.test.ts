import t from "tap";

import { testPart } from "./support/matrix/expect.js";
import { missingPrograms } from "./support/missing-programs.js";

t.setTimeout(300_000);

await t.test("a media server of two ends with a caller in each stage", { skip: missingPrograms() }, async (t) => {
  await testPart(t, {
    mediaServers: 2,
    part: ({ engines }) => {
      const [first] = engines.media;
      if (first === undefined) throw new Error("no media server");
      return first;
    },
    pauseMs: 5_000,
    promises: {
      mayEnd: ["ringing"],
      silenceMs: 3_000,
      heard: ["greeting", "typing", "waiting", "joining", "talking", "leaving"],
      nextCallMs: 5_000,
    },
  });
});
