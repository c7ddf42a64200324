import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { bbbFreeSwitch, missingEngines, versionOf } from "./programs.js";

/** EX_UNAVAILABLE of sysexits.h. */
const unavailable = 69;

const missing = missingEngines();
if (missing !== undefined) {
  process.stderr.write(
    `npm run test:engines needs drachtio-server and FreeSWITCH (docs/operations.md, section 5, names the versions); ${missing}\n`,
  );
  process.exit(unavailable);
}

process.stderr.write(`Media server: ${versionOf("freeswitch")}\nBBB servers: ${versionOf(bbbFreeSwitch())}\n`);

// The same end-to-end tests as in `npm test`, against the real engines, and those that only the real ones can pass.
const tests = fileURLToPath(new URL("..", import.meta.url));
const files = ["e2e", "engines"].flatMap((folder) =>
  readdirSync(join(tests, folder))
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => join(tests, folder, name)),
);
const run = spawnSync("tap", ["--jobs=1", "--timeout=600", ...process.argv.slice(2), ...files], {
  stdio: "inherit",
  env: { ...process.env, EINWAHL_TEST_ENGINES: "real", EINWAHL_TEST_PROGRAMS: "required" },
});
process.exit(run.status ?? 1);
