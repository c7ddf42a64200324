import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { missingEngines } from "../engines/programs.js";
import { missingLiveKit } from "./support/programs.js";

/** EX_UNAVAILABLE of sysexits.h. */
const unavailable = 69;

const missing = [missingLiveKit(), missingEngines()].filter((what) => what !== undefined);
if (missing.length > 0) {
  process.stderr.write(
    `npm run test:livekit needs livekit-server, livekit-sip, redis-server, drachtio-server and FreeSWITCH; ${missing.join("; ")}\n`,
  );
  process.exit(unavailable);
}

// The same tests as in `npm test`, which uses the simulator of the sample BBB instead of LiveKit.
const folder = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.js"))
  .map((name) => join(folder, name));
const run = spawnSync("tap", ["--jobs=1", "--timeout=600", ...process.argv.slice(2), ...files], {
  stdio: "inherit",
  env: {
    ...process.env,
    EINWAHL_TEST_LIVEKIT: "real",
    EINWAHL_TEST_ENGINES: "real",
    EINWAHL_TEST_PROGRAMS: "required",
  },
});
process.exit(run.status ?? 1);
