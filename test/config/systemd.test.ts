import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import t from "tap";

import { exitCodes } from "../../src/cli/command.js";
import { drainMs } from "../../src/cli/serve.js";
import { missingPrograms } from "../e2e/support/missing-programs.js";
import { scratchFolder } from "../e2e/support/scratch.js";

const folder = "config/systemd";
const unit = readFileSync(join(folder, "einwahl.service"), "utf8");

/** The values of a setting, in order. */
function settings(name: string): readonly string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

await t.test("the unit matches the program's exit codes, signals and directories", (t) => {
  t.strictSame(settings("RestartPreventExitStatus"), [`${exitCodes.usage} ${exitCodes.configuration}`]);
  t.match(settings("ExecStart"), [/^\/usr\/bin\/node --enable-source-maps \/.*\/dist\/src\/main\.js run$/]);
  t.match(settings("ExecReload"), [/-HUP \$MAINPID$/]);
  t.strictSame(
    [settings("StateDirectory"), settings("RuntimeDirectory")],
    [["einwahl"], ["einwahl"]],
    "directories of rooms.store and the control socket",
  );
  t.match(readFileSync("docs/operations.md", "utf8"), /config\/systemd\/einwahl\.service/);
  t.end();
});

await t.test("a restart hands the calls over, and leaves the engines alone", (t) => {
  t.strictSame(
    [settings("KillSignal"), settings("KillMode"), settings("ExecStop")],
    [["SIGTERM"], ["mixed"], []],
    "one SIGTERM, to einwahl: a second one would end the calls",
  );
  const [stop = ""] = settings("TimeoutStopSec");
  t.ok(Number(/^(\d+)s$/.exec(stop)?.[1]) * 1_000 >= drainMs + 30_000, `${stop} for a drained stop`);
  t.match(
    settings("After"),
    [/drachtio-server\.service freeswitch\.service/],
    "started after the engines, stopped first",
  );
  for (const bond of ["Requires", "Requisite", "BindsTo", "PartOf", "Upholds", "Conflicts"])
    t.strictSame(settings(bond), [], bond);
  t.end();
});

await t.test("no core dump and no swap, and the journal is kept for seven days", (t) => {
  t.strictSame(
    [settings("LimitCORE"), settings("MemorySwapMax"), settings("LogsDirectory")],
    [["1"], ["0"], ["einwahl"]],
  );
  const [namespace = ""] = settings("LogNamespace");
  const journal = readFileSync(join(folder, `journald@${namespace}.conf`), "utf8");
  for (const setting of ["MaxRetentionSec=7day", "MaxFileSec=1day"]) t.match(journal, new RegExp(`^${setting}$`, "m"));
  const operations = readFileSync("docs/operations.md", "utf8");
  t.match(operations, `install -m 0644 config/systemd/journald@${namespace}.conf /etc/systemd/`);
  for (const command of operations.match(/`journalctl[^`]*`/g) ?? []) t.match(command, `--namespace=${namespace}`);
  t.end();
});

const missing = missingPrograms("systemd-analyze");
if (missing !== false) {
  t.pass(missing, { skip: missing });
} else {
  await t.test("systemd-analyze: the unit and its drop-in are valid and sandboxed", async (t) => {
    const copy = await scratchFolder(t, "systemd");
    cpSync(folder, copy, { recursive: true });
    const path = join(copy, "einwahl.service");
    // Node's path on this machine may differ from the unit's.
    const here = unit.replace("/usr/bin/node", process.execPath);
    const verify = (text: string): string => {
      writeFileSync(path, text);
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", path], { encoding: "utf8" });
      return `${status ?? ""} ${stderr}`.trim();
    };
    t.equal(verify(here), "0");
    t.match(
      verify(here.replace("ProtectHome=yes", "ProtectHomes=yes")),
      /ProtectHomes/,
      "control: a fault is reported",
    );
    t.equal(verify(here), "0");
    const { stdout, status } = spawnSync(
      "systemd-analyze",
      ["security", "--offline=true", "--no-pager", "--threshold=20", path],
      { encoding: "utf8" },
    );
    t.equal(status, 0, stdout);
    t.match(stdout, /exposure level for einwahl\.service: [01]\.[0-9] OK/);
  });
}
