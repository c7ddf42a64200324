import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import t from "tap";

import { scratchFolder } from "../e2e/support/scratch.js";

const script = "config/daily-log.sh";
const dayMs = 24 * 60 * 60_000;

/** The date of that many days ago, in UTC. */
function day(ago: number): string {
  return new Date(Date.now() - ago * dayMs).toISOString().slice(0, 10);
}

async function eventually(what: string, is: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!is()) {
    if (performance.now() > deadline) throw new Error(`not within 10 s: ${what}`);
    await setTimeout(20);
  }
}

await t.test("lines are written unchanged to the file of the day, each at once", async (t) => {
  const folder = await scratchFolder(t, "daily-log");
  const child = spawn("sh", [script, join(folder, "new"), "drachtio"], { stdio: ["pipe", "inherit", "inherit"] });
  const file = join(folder, "new", `drachtio-${day(0)}.log`);
  child.stdin.write("  one\\n \\ two\n");
  await eventually(
    "the first line is there",
    () => existsSync(file) && readFileSync(file, "utf8") === "  one\\n \\ two\n",
  );
  child.kill("SIGTERM");
  child.stdin.end("\nthe last words");
  t.strictSame(await once(child, "close"), [0, null], "it ends at the end of its input");
  t.equal(readFileSync(file, "utf8"), "  one\\n \\ two\n\nthe last words\n");
});

await t.test("expired files are deleted, also while nothing is written", async (t) => {
  const folder = await scratchFolder(t, "daily-log");
  const put = (name: string): void => {
    writeFileSync(join(folder, name), "old\n");
  };
  // Shortens the pause between two deletions.
  writeFileSync(join(folder, "sleep"), "#!/bin/sh\nexec /bin/sleep 0.05\n");
  chmodSync(join(folder, "sleep"), 0o755);
  for (const ago of [0, 1, 6, 7, 400]) put(`fs-${day(ago)}.log`);
  for (const other of [`other-${day(400)}.log`, "fs-notes.log", `fs-${day(400)}.log.gz`]) put(other);
  const child = spawn("sh", [script, folder, "fs"], {
    stdio: ["pipe", "inherit", "inherit"],
    env: { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` },
  });
  const names = (): readonly string[] =>
    readdirSync(folder)
      .filter((name) => /^fs-\d.*\.log$/.test(name))
      .sort();
  const kept = [6, 1, 0].map((ago) => `fs-${day(ago)}.log`);
  await eventually("what is old at the start is deleted", () => names().length === kept.length);
  t.strictSame(names(), kept);
  put(`fs-${day(8)}.log`);
  await eventually("what gets old later is deleted", () => names().length === kept.length);
  t.strictSame(names(), kept);
  child.stdin.end();
  t.strictSame(await once(child, "close"), [0, null]);
  t.ok(
    readdirSync(folder).includes(`other-${day(400)}.log`) && existsSync(join(folder, "fs-notes.log")),
    "other files are kept",
  );
  t.equal(spawnSync("sh", [script, folder, "fs", "1"], { input: "" }).status, 0);
  t.strictSame(names(), [`fs-${day(0)}.log`], "fewer days are possible");
});

await t.test("a full disk loses lines and blocks nothing", { skip: !existsSync("/dev/full") }, async (t) => {
  const folder = await scratchFolder(t, "daily-log");
  const file = join(folder, `fs-${day(0)}.log`);
  spawnSync("ln", ["-s", "/dev/full", file]);
  const { status, stderr } = spawnSync("sh", [script, folder, "fs"], {
    input: "a line\n".repeat(10_000),
    encoding: "utf8",
  });
  t.strictSame([status, stderr], [0, ""]);
});

await t.test("invalid arguments and unwritable folders are rejected before the program starts", async (t) => {
  const folder = await scratchFolder(t, "daily-log");
  for (const days of ["0", "8", "x", "07"])
    t.match(spawnSync("sh", [script, folder, "fs", days], { input: "", encoding: "utf8" }), {
      status: 78,
      stderr: /1 to 7/,
    });
  t.match(spawnSync("sh", [script, "/proc/nowhere", "fs"], { input: "", encoding: "utf8" }), {
    status: 78,
    stderr: /cannot write to/,
  });
  const masked = spawnSync("sh", ["config/run-masked.sh", "touch", join(folder, "started")], {
    env: { ...process.env, EINWAHL_LOG_DIR: "/proc/nowhere" },
    encoding: "utf8",
  });
  t.match(masked, { status: 78, stderr: /cannot write to/ });
  t.notOk(existsSync(join(folder, "started")));
});

await t.test("an engine's output is masked and written to the files of its name, up to its last line", async (t) => {
  const folder = await scratchFolder(t, "daily-log");
  const run = spawnSync("sh", ["config/run-masked.sh", "sh", "-c", "echo From: +493055501234; echo bye >&2; exit 7"], {
    env: { ...process.env, EINWAHL_LOG_DIR: folder, EINWAHL_LOG_NAME: "drachtio" },
    encoding: "utf8",
  });
  t.match(run, { status: 7, stdout: "", stderr: "" });
  t.equal(readFileSync(join(folder, `drachtio-${day(0)}.log`), "utf8"), "From: +[number]\nbye\n");
});
