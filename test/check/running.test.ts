import t from "tap";

import { reportFindings } from "../../src/check/running.js";
import { badDay, goodDay } from "../monitoring/status/support/reports.js";

await t.test("a good day has nothing to tell", (t) => {
  t.strictSame(
    reportFindings(
      goodDay,
      goodDay.trunks.map(({ name }) => name),
    ),
    [],
  );
  t.end();
});

await t.test("what only the running einwahl knows, by the setting that it is about", (t) => {
  const findings = reportFindings(badDay, ["another", ...badDay.trunks.map(({ name }) => name)]);
  const expected = [
    { severity: "error", path: "einwahl", message: "it takes no new calls", cure: /drain --undo/ },
    { severity: "error", path: "trunks[1]", message: /^easybell: no calls come in \(401 /, cure: /einwahl reload/ },
    { severity: "error", path: "trunks[2]", message: /ENOTFOUND/, cure: /./ },
    {
      severity: "warning",
      path: "bbb_servers",
      message: /^bbb-2: webhooks have a wrong proof \(48 refused\)/,
      cure: /restart bbb-webhooks/,
    },
    { severity: "warning", path: "bbb_servers", message: /^bbb-3: /, cure: /./ },
    { severity: "warning", path: "calls.max_concurrent", message: /no place/, cure: /./ },
    { severity: "warning", path: "media_servers", message: /no media server has a place/, cure: /./ },
    {
      severity: "warning",
      path: "synthetic_call",
      message: /^bbb-1: the last call by which einwahl tried itself failed \(join: /,
      cure: /einwahl call/,
    },
    { severity: "warning", path: "synthetic_call", message: /^bbb-2: /, cure: /./ },
    { severity: "warning", path: "rooms.store", message: /ENOSPC/, cure: /disk/ },
    {
      severity: "warning",
      path: "calls.guessing.all",
      message: /wrong PINs are typed \(1912 in 60 minutes, the limit is 300\)/,
      cure: /nine digits/,
    },
    {
      severity: "warning",
      path: "calls.guessing.withheld",
      message: /^easybell: withheld numbers .* refused$/,
      cure: /window/,
    },
    { severity: "warning", path: "logging.file", message: /ENOSPC/, cure: /disk/ },
  ];
  const byPath = (left: { readonly path: string }, right: { readonly path: string }): number =>
    left.path.localeCompare(right.path);
  t.match([...findings].sort(byPath), expected.sort(byPath));
  t.equal(findings.length, expected.length, "what has a check of its own is left to it");
  t.end();
});
