import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import t from "tap";

import { CommandLine } from "./support/command-line.js";
import { freePortsInARow } from "./support/ports.js";
import { Program } from "./support/program.js";
import { scratchFolder } from "./support/scratch.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const engines = join(repository, "dist", "src", "demo", "engines-main.js");

t.setTimeout(600_000);

/** The commands of README's section, one per line, as in the file. */
async function firstSteps(): Promise<readonly string[]> {
  const readme = await readFile(join(repository, "README.md"), "utf8");
  const [, section = ""] = /\n## First steps\n([^]*?)\n## /.exec(readme) ?? [];
  return [...section.matchAll(/\n```\n([^]*?)```/g)].flatMap(([, block = ""]) => block.trim().split("\n"));
}

await t.test("README's first steps, typed exactly, end with a successful call", async (t) => {
  const steps = await firstSteps();
  const folder = await scratchFolder(t, "first-steps");
  // The default ports may be taken on the test machine; everything else is as in README.
  const base = await freePortsInARow(10);
  const einwahl = (step: string, ...more: readonly string[]): CommandLine => {
    t.match(step, /^node dist\/src\/main\.js /);
    return new CommandLine(t, [...step.split(" ").slice(2), ...more], folder);
  };
  const [build, start, check = "", run = "", call = "", ...rest] = steps;
  t.same([build, start, rest], ["npm ci && npm run build", "npm run engines", []]);
  const begun = performance.now();

  const running = new Program(process.execPath, [engines, "--base-port", String(base)], { cwd: folder });
  t.teardown(() => running.stop());
  await running.line("the engines are up", /End the engines/);

  const checked = await einwahl(check).outcome();
  t.equal(checked.code, "exit 0", checked.lines.join("\n"));

  const server = einwahl(run);
  for (const line of ["BBB server is up", "media server is up", "einwahl is running"])
    await server.program.line(line, new RegExp(line));

  const called = await einwahl(call, "--server", `127.0.0.1:${base + 1}`).outcome();
  t.equal(called.code, "exit 0", called.lines.join("\n"));
  const told = called.lines.join("\n");
  for (const line of [
    /SRTP AE/,
    /heard: enter-pin \(de\)/,
    /typed the PIN: 5 digits/,
    /heard: tone of 620 Hz/,
    /The call works\./,
  ])
    t.match(told, line);
  t.comment(
    `from the start of the engines to the end of the call: ${Math.round((performance.now() - begun) / 1_000)} s`,
  );

  t.equal(await server.program.stop(), "exit 0");
  t.equal(await running.stop("SIGINT"), "exit 0");
});
