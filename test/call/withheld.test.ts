import t, { type Test } from "tap";

import { Removals } from "../../src/store/removals.js";
import { success } from "../../src/util/result.js";
import { CallHarness, type CallScript, someAdmission, someSettings } from "../support/call-harness.js";
import { fakeConference } from "../support/fake-directory.js";

const settings = { ...someSettings, withheldAfterRemoval: "refuse" } as const;
const withheld = success(someAdmission({ caller: { kind: "anonymous" } }));
const numbered = success(someAdmission());

/** The end cause of a call, with the given removals. */
async function call(
  t: Test,
  removals: Removals,
  changes: Partial<CallScript>,
): Promise<{ readonly cause: string; readonly joins: number; readonly heard: string | undefined }> {
  const world = CallHarness.checked(t, { settings, admission: withheld, ...changes });
  const { cause, joins } = await world.run({ removals });
  return { cause, joins, heard: world.endpoint.heard.at(-1) };
}

await t.test("after a removal, no caller without a number can join the meeting", async (t) => {
  const removals = new Removals(() => undefined);
  t.match(
    await call(t, removals, { stillOpen: ["over"] }),
    { cause: "conference-ended", joins: 1 },
    "no caller was removed",
  );
  t.match(await call(t, removals, { stillOpen: ["open"] }), { cause: "removed", joins: 1 });
  t.match(await call(t, removals, {}), {
    cause: "withheld-refused",
    joins: 0,
    heard: "de:conference-unavailable de:goodbye",
  });
  t.match(await call(t, removals, { admission: success(someAdmission({ caller: { kind: "short" } })) }), {
    cause: "withheld-refused",
    joins: 0,
  });
  t.match(
    await call(t, removals, { admission: numbered }),
    { cause: "conference-ended", joins: 1 },
    "callers with a number can be banned by BBB",
  );
  t.match(await call(t, removals, { conferences: [fakeConference("54321", "bbb1", "the-next-meeting")] }), {
    cause: "conference-ended",
    joins: 1,
  });
  t.match(
    await call(t, removals, { settings: someSettings }),
    { cause: "conference-ended", joins: 1 },
    "by default no caller is refused",
  );
});

await t.test("the removal of a caller with a number blocks no other caller", async (t) => {
  const removals = new Removals(() => undefined);
  t.match(await call(t, removals, { admission: numbered, stillOpen: ["open"] }), { cause: "removed" });
  t.match(await call(t, removals, {}), { cause: "conference-ended", joins: 1 });
});

await t.test("a store that does not answer delays the caller only until its timeout", async (t) => {
  const never = new Promise<never>(() => undefined);
  const world = CallHarness.checked(t, { settings, admission: withheld });
  t.match(await world.run({ removals: { add: () => never, has: () => never } }), {
    cause: "conference-ended",
    joins: 1,
  });
});
