import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import t from "tap";

import { freePortsInARow } from "../e2e/support/ports.js";
import { scratchFolder } from "../e2e/support/scratch.js";

const demo = join(fileURLToPath(new URL("../../", import.meta.url)), "src", "demo");

await t.test("the demo and its engines report a port in use and the option to change it", async (t) => {
  const folder = await scratchFolder(t, "taken");
  const base = await freePortsInARow(8);
  const taken = createServer().listen(base + 1, "127.0.0.1");
  await once(taken, "listening");
  t.teardown(() => taken.close());
  const told = await Promise.all(
    ["main.js", "engines-main.js"].map(
      async (program) =>
        await new Promise<{ readonly status: unknown; readonly text: string }>((resolve) => {
          execFile(
            process.execPath,
            [join(demo, program), "--base-port", String(base)],
            { cwd: folder, timeout: 60_000 },
            (error, _output, text) => {
              resolve({ status: error?.code, text });
            },
          );
        }),
    ),
  );
  for (const { status, text } of told) {
    t.equal(status, 1);
    t.match(text, new RegExp(`can't run: port ${base + 1} is in use by another program: .*--base-port N`));
  }
});
