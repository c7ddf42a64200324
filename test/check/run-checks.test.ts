import t from "tap";

import { fine } from "../../src/check/check.js";
import { runChecks } from "../../src/check/run-checks.js";
import { FakeClock } from "../support/fake-clock.js";

await t.test(
  "checks run concurrently, findings are in the order of the file, and a check without an end is reported after 30 s",
  async (t) => {
    const clock = new FakeClock();
    const told: (readonly [number, string])[] = [];
    let release: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      release = resolve;
    });
    const running = runChecks(
      [
        {
          path: "late",
          run: async () => {
            await late;
            return [fine("late", "came")];
          },
        },
        { path: "stuck", run: () => new Promise(() => undefined) },
        { path: "quick", run: () => Promise.resolve([fine("quick", "one"), fine("quick", "two")]) },
      ],
      clock,
      (done, waiting) => {
        told.push([done, waiting.join(" ")]);
      },
    );
    await clock.advance(1_000);
    t.strictSame(told, [
      [0, "late stuck quick"],
      [1, "late stuck"],
    ]);
    release();
    await clock.advance(28_000);
    t.strictSame(told.at(-1), [2, "stuck"]);
    await clock.advance(1_000);
    const findings = await running;
    t.match(findings, [
      { path: "late" },
      { path: "stuck", severity: "error", message: /did not finish within 30 s/, cure: /./ },
      { message: "one" },
      { message: "two" },
    ]);
    t.equal(clock.pending, 0, "no timer is left");
  },
);

await t.test("an exception rejects and is not a finding", async (t) => {
  const clock = new FakeClock();
  await t.rejects(
    runChecks([{ path: "broken", run: () => Promise.reject(new Error("a bug")) }], clock, () => undefined),
    /a bug/,
  );
  t.equal(clock.pending, 0);
});
