import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import t from "tap";

import { missingPrograms } from "../e2e/support/missing-programs.js";
import { freePort } from "../e2e/support/ports.js";
import { Program } from "../e2e/support/program.js";
import { scratchFolder } from "../e2e/support/scratch.js";

const script = "config/start-redis.sh";

await t.test("a URL without a password of 32 characters is rejected", async (t) => {
  const file = join(await scratchFolder(t, "redis"), "redis-url");
  for (const url of [
    "",
    "redis://127.0.0.1:6379",
    "redis://:@127.0.0.1:6379",
    "redis://:short@127.0.0.1:6379",
    `redis://:${"a".repeat(32)}@10.0.0.1:6379`,
    `redis://:${"a".repeat(32)}@127.0.0.1:x`,
    `redis://:${"a".repeat(31)}"@127.0.0.1:6379`,
  ]) {
    writeFileSync(file, url);
    const { status, stderr } = spawnSync("sh", [script], {
      env: { ...process.env, EINWAHL_REDIS_URL_FILE: file },
      encoding: "utf8",
    });
    t.match({ status, stderr }, { status: 78, stderr: /start-redis\.sh: / }, url);
    if (url.length > 40) t.notMatch(stderr, "aaaa", "the password is not printed");
  }
  t.equal(spawnSync("sh", [script], { env: { ...process.env, EINWAHL_REDIS_URL_FILE: "/nonexistent" } }).status, 78);
});

const missing = missingPrograms("redis-server", "redis-cli");
await t.test("Redis requires the password, which no command line shows", { skip: missing }, async (t) => {
  const folder = await scratchFolder(t, "redis");
  const port = await freePort();
  const password = randomBytes(32).toString("hex");
  const env = { ...process.env, EINWAHL_REDIS_URL_FILE: join(folder, "redis-url"), EINWAHL_REDIS_DIR: folder };
  writeFileSync(env.EINWAHL_REDIS_URL_FILE, `redis://:${password}@127.0.0.1:${port}\n`);
  const ping = (): number | null => spawnSync("sh", [script, "ping"], { env }).status;
  t.not(ping(), 0, "Redis does not run yet");
  const redis = new Program("sh", [script], { cwd: process.cwd(), env });
  t.teardown(async () => {
    await redis.stop();
  });
  for (let tries = 0; tries < 100 && ping() !== 0; tries++) spawnSync("sleep", ["0.1"]);
  t.equal(ping(), 0, "the health check succeeds");
  const cli = (...args: readonly string[]): string =>
    spawnSync("redis-cli", ["-p", String(port), ...args], { encoding: "utf8" }).stdout;
  t.match(cli("ping"), /NOAUTH/);
  t.match(cli("--no-auth-warning", "-a", "wrong", "ping"), /NOAUTH|WRONGPASS/);
  const processes = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" }).stdout;
  t.match(processes, `redis-server 127.0.0.1:${port}`);
  t.notMatch(processes, password);
  t.match(readFileSync(`/proc/${redis.pid}/limits`, "utf8"), /^Max core file size +[01] +[01] /m);
});
