import t from "tap";

import { testPart } from "./support/matrix/expect.js";
import { missingPrograms } from "./support/missing-programs.js";

t.setTimeout(300_000);

await t.test(
  "the FreeSWITCH of a BBB server ends with a caller in each stage",
  { skip: missingPrograms() },
  async (t) => {
    await testPart(t, {
      part: ({ node }) => node,
      pauseMs: 3_000,
      // A first join is tried twice at once: a node that stops has refused both. The conference itself is away for the pause.
      // Three seconds of silence tell that a node is dead; then the caller hears a prompt.
      promises: { mayEnd: ["joining"], silenceMs: 5_000, missedMs: 8_000, heard: ["waiting"], nextCallMs: 5_000 },
    });
  },
);
