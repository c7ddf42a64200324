import t from "tap";

import { reportFindings } from "../../src/check/running.js";
import { badDay, goodDay } from "../monitoring/status/support/reports.js";

await t.test("a working instance has no findings", (t) => {
  t.strictSame(
    reportFindings(
      goodDay,
      goodDay.trunks.map(({ name }) => name),
    ),
    [],
  );
  t.end();
});

await t.test("findings of the running instance, with the setting of each", (t) => {
  const findings = reportFindings(badDay, ["another", ...badDay.trunks.map(({ name }) => name)]);
  const expected = [
    { severity: "error", path: "einwahl", message: "einwahl accepts no new calls", cure: /drain --undo/ },
    { severity: "error", path: "trunks[1]", message: /^easybell: no calls arrive \(401 /, cure: /einwahl reload/ },
    { severity: "error", path: "trunks[2]", message: /ENOTFOUND/, cure: /./ },
    {
      severity: "warning",
      path: "bbb_servers",
      message: /^bbb-2: webhooks have a wrong checksum \(48 refused\)/,
      cure: /restart bbb-webhooks/,
    },
    { severity: "warning", path: "bbb_servers", message: /^bbb-3: /, cure: /./ },
    {
      severity: "warning",
      path: "calls.max_concurrent",
      message: /the limit of concurrent calls is reached/,
      cure: /./,
    },
    { severity: "warning", path: "media_servers", message: /all media servers are at their capacity/, cure: /./ },
    {
      severity: "warning",
      path: "synthetic_call",
      message: /^bbb-1: the last synthetic call failed \(join: /,
      cure: /einwahl call/,
    },
    { severity: "warning", path: "synthetic_call", message: /^bbb-2: /, cure: /./ },
    { severity: "warning", path: "rooms.store", message: /ENOSPC/, cure: /disk/ },
    {
      severity: "warning",
      path: "calls.guessing.all",
      message: /enter very many wrong PINs \(1912 in 60 minutes, the limit is 300\)/,
      cure: /nine-digit PINs/,
    },
    {
      severity: "warning",
      path: "calls.guessing.withheld",
      message: /^easybell: callers with withheld numbers .* refused$/,
      cure: /window/,
    },
    { severity: "warning", path: "logging.file", message: /ENOSPC/, cure: /disk/ },
  ];
  const byPath = (left: { readonly path: string }, right: { readonly path: string }): number =>
    left.path.localeCompare(right.path);
  t.match([...findings].sort(byPath), expected.sort(byPath));
  t.equal(findings.length, expected.length, "faults with their own check are not repeated");
  t.end();
});
