import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import t from "tap";
import { parse, stringify } from "yaml";

import { CommandLine, onlyJson } from "./support/command-line.js";
import { freePort, freePortsInARow } from "./support/ports.js";
import { Program } from "./support/program.js";
import { scratchFolder } from "./support/scratch.js";

const main = join(fileURLToPath(new URL("../../", import.meta.url)), "src", "demo", "engines-main.js");

await t.test("engines, einwahl and a call in three processes, with the files that the first one wrote", async (t) => {
  const folder = await scratchFolder(t, "engines");
  const base = await freePortsInARow(8);
  const engines = new Program(process.execPath, [main, "--directory", "engines", "--base-port", String(base)], {
    cwd: folder,
  });
  t.teardown(() => engines.stop());
  await engines.line("the engines are up", /End the engines/);
  t.match(engines.tail(100), /For trials, not for production/);

  const written = parse(await readFile(join(folder, "engines", "einwahl.yaml"), "utf8")) as Readonly<
    Record<string, unknown>
  >;
  // The usual port of einwahl's own server may be taken on a machine that tests.
  await writeFile(
    join(folder, "einwahl.yaml"),
    stringify({ ...written, http: { port: await freePort(), operators_port: await freePort() } }),
  );
  const server = new CommandLine(t, ["run", "--config", "einwahl.yaml"], folder);
  for (const line of ["BBB server is up", "media server is up", "einwahl is running"])
    await server.program.line(line, new RegExp(line));

  const call = new CommandLine(
    t,
    [
      "call",
      "+493023125002",
      "--server",
      `127.0.0.1:${base + 1}`,
      "--ca",
      "engines/ca.pem",
      "--pin",
      "04711",
      "--play",
      "tone",
      "--expect-tone",
      "620",
      "--seconds",
      "1",
      "--json",
    ],
    folder,
  );
  const { code, lines } = await call.outcome();
  t.equal(code, "exit 0", lines.join("\n"));
  t.match(onlyJson(lines), { ok: true, srtp: /^A/ });

  t.equal(await server.program.stop(), "exit 0");
  t.equal(await engines.stop("SIGINT"), "exit 0");
});

await t.test("a port in use is reported in one sentence", async (t) => {
  const folder = await scratchFolder(t, "engines");
  const base = await freePortsInARow(8);
  const first = new Program(process.execPath, [main, "--base-port", String(base)], { cwd: folder });
  t.teardown(() => first.stop());
  await first.line("the engines are up", /End the engines/);
  const second = new Program(process.execPath, [main, "--base-port", String(base)], { cwd: folder });
  t.teardown(() => second.stop());
  t.equal(await second.gone, "exit 1");
  t.match(second.tail(), /^The engines can't run: port \d+ is in use by another program: .*--base-port/);
});
