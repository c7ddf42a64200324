import t from "tap";

import { testPart } from "./support/matrix/expect.js";
import { missingPrograms } from "./support/missing-programs.js";

t.setTimeout(300_000);

await t.test("Redis ends with a caller in each stage", { skip: missingPrograms("redis-server") }, async (t) => {
  await testPart(t, {
    store: "redis",
    part: ({ redis }) => {
      if (redis === undefined) throw new Error("no Redis");
      return redis;
    },
    pauseMs: 3_000,
    promises: { silenceMs: 3_000, heard: ["waiting", "talking"], nextCallMs: 5_000 },
  });
});
