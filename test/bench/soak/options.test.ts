import t from "tap";

import { readOptions } from "./options.js";

const defaults = { calls: 100_000, rate: 20, out: "var/soak", rateFile: undefined, snapshots: false };

await t.test("options of the soak", (t) => {
  t.strictSame(readOptions([]), { ok: true, value: defaults });
  t.strictSame(readOptions(["--calls", "500", "--rate", "2.5", "--rate-file", "/tmp/rate", "--snapshots"]), {
    ok: true,
    value: { ...defaults, calls: 500, rate: 2.5, rateFile: "/tmp/rate", snapshots: true },
  });
  t.end();
});

await t.test("options that it can't use", (t) => {
  for (const [args, reason] of [
    [["--calls", "99"], /at least 100/],
    [["--calls", "1e9x"], /at least 100/],
    [["--rate", "0"], /more than 0/],
    [["--rate", "x"], /more than 0/],
    [["--seconds", "5"], /--seconds/],
  ] as const)
    t.match(readOptions(args), { ok: false, failure: reason }, args.join(" "));
  t.end();
});
