import { readFileSync } from "node:fs";

import t from "tap";

import { groupFigures, readFigures } from "./process-figures.js";

const stat =
  "4242 (node (main) x) S 1 4200 4200 0 -1 4194560 100 0 0 0 250 50 7 8 20 0 11 0 100 1000000 5000 18446744073709551615";

await t.test("figures of /proc", (t) => {
  t.strictSame(readFigures(stat, "Name:\tnode\nVmRSS:\t    2048 kB\n"), {
    group: 4_200,
    rss: 2_097_152,
    cpuMs: 3_000,
  });
  t.strictSame(readFigures(stat, "Name:\tnode\n").rss, 0, "a process that has just ended");
  t.throws(() => readFigures("", ""), /stat/);
  t.end();
});

await t.test("of process groups that run", async (t) => {
  const group = Number(
    readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /, "")
      .split(" ")[2],
  );
  const [own, none] = await groupFigures([group, 0x7fff_ffff]);
  t.ok((own?.rss ?? 0) > 10_000_000, "this process");
  t.ok((own?.cpuMs ?? 0) > 0);
  t.strictSame(none, { rss: 0, cpuMs: 0 }, "no process");
});
