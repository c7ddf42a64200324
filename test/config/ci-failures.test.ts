import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import t from "tap";

const script = join(fileURLToPath(new URL("../../../", import.meta.url)), ".ci", "failures.awk");
const listed = (tap: string): string => execFileSync("awk", ["-f", script], { input: tap, encoding: "utf8" });

/** tap's output for two concurrent files, shortened. */
const output = `
> einwahl@0.1.0 test
TAP version 14
# Subtest: dist/test/good.test.js
    # Subtest: adds
        ok 1 - should be equal
        1..1
    ok 1 - adds # time=2ms
ok 1 - dist/test/good.test.js # time=3ms

# Subtest: dist/test/bad.test.js
    # Subtest: calls
        ok 1 - rings
        not ok 2 - talks ${"x".repeat(400)}
          ---
          source: |
            not ok 1 - a line of source
          ...
        
        not ok 3 - later # TODO
        1..3
    not ok 1 - calls # time=9ms
      ---
      at:
        fileName: dist/test/bad.test.js
      ...
    
    1..1
not ok 2 - dist/test/bad.test.js # time=11ms
  ---
  exitCode: 1
  ...

# Subtest: dist/test/crash.test.js
---
    1..0 # no tests found
not ok 3 - dist/test/crash.test.js # time=4ms

# { total: 6, pass: 3, fail: 2, todo: 1 }
`;

await t.test("the list of failures has only the files and their failed assertions", (t) => {
  t.equal(
    listed(output),
    [
      "dist/test/bad.test.js",
      `        not ok 2 - talks ${"x".repeat(400)}`.slice(0, 300),
      "    not ok 1 - calls # time=9ms",
      "not ok 2 - dist/test/bad.test.js # time=11ms",
      "not ok 3 - dist/test/crash.test.js # time=4ms",
      "",
    ].join("\n"),
  );
  t.end();
});

await t.test("a long list of failures is truncated, with the number of omitted lines", (t) => {
  const lines = listed(
    `# Subtest: a.js\n${Array.from({ length: 100 }, (_, n) => `    not ok ${n + 1} - no\n`).join("")}`,
  )
    .trimEnd()
    .split("\n");
  t.equal(lines.length, 61);
  t.equal(lines.at(-1), "and 41 lines more");
  t.equal(listed("TAP version 14\nok 1 - fine\n"), "", "nothing failed, nothing is listed");
  t.end();
});
