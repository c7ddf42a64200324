import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import t from "tap";

import { commands } from "../../src/cli/commands.js";
import { manualPage } from "../../src/cli/manual-page.js";
import { packageVersion } from "../../src/util/package-version.js";
import { missingPrograms } from "../e2e/support/missing-programs.js";

const path = "docs/einwahl.1";
const page = readFileSync(path, "utf8");

t.equal(page, manualPage(commands, packageVersion()), "else run: npm run man");

const missing = missingPrograms("groff");
if (missing !== false) {
  t.pass(missing, { skip: missing });
} else {
  const groff = (
    input: string,
    ...args: readonly string[]
  ): { readonly output: string; readonly complaints: string } => {
    const { stdout, stderr } = spawnSync("groff", ["-man", "-ww", ...args], { encoding: "utf8", input });
    return { output: stdout, complaints: stderr };
  };

  await t.test("groff reports no fault, and would report one", (t) => {
    t.equal(groff(page, "-z").complaints, "");
    t.not(groff(page.replace(".SH NAME", ".XX NAME"), "-z").complaints, "");
    t.end();
  });

  await t.test("it contains every command, option and example unchanged", (t) => {
    const { output } = groff(page, "-Tascii", "-rLL=400n", "-P-c", "-P-b", "-P-u");
    for (const { name, options, examples, summary } of commands) {
      t.ok(output.includes(`einwahl ${name}`), name);
      t.ok(output.toLowerCase().includes(summary.toLowerCase()), summary);
      for (const option of Object.keys(options)) t.ok(output.includes(`--${option}`), option);
      for (const example of examples) t.ok(output.includes(example), example);
    }
    t.end();
  });
}

await t.test("text that looks like groff requests stays text", (t) => {
  const [command] = commands;
  if (command === undefined) throw new Error("there are no commands");
  const odd = manualPage(
    [
      {
        ...command,
        name: "odd",
        details: [".SH not a heading", "'br 'tis \\fBnot bold", "a-b"],
        options: {},
        examples: ["einwahl odd \\ 'x' | jq -r '.a'"],
      },
    ],
    "1.2.3",
  );
  const { stdout, stderr } = spawnSync("groff", ["-man", "-ww", "-Tascii", "-rLL=400n", "-P-c", "-P-b", "-P-u"], {
    encoding: "utf8",
    input: odd,
  });
  if (missing === false) {
    t.equal(stderr, "");
    for (const text of [".SH not a heading", "'br 'tis \\fBnot bold", "einwahl odd \\ 'x' | jq -r '.a'"])
      t.ok(stdout.includes(text), stdout);
  }
  t.match(odd, /^\.TH EINWAHL 1 "" "einwahl 1\.2\.3"/m);
  t.end();
});
