import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import t from "tap";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const source = join(repository, "src");
/** Folders for development only. */
const development = /^(simulators|demo)\//;

await t.test("the npm package contains the program, without simulators and demo", async (t) => {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json", "--offline"], {
    cwd: repository,
    maxBuffer: 16 * 1024 * 1024,
  });
  const [packed] = JSON.parse(stdout) as readonly [{ readonly files: readonly { readonly path: string }[] }];
  const paths = packed.files.map(({ path }) => path);
  for (const path of [
    "dist/src/main.js",
    "dist/src/client/index.d.ts",
    "dist/src/softphone/phone-call.js",
    "README.md",
  ])
    t.ok(paths.includes(path), path);
  t.strictSame(
    paths.filter((path) => /^dist\/(test|examples)\//.test(path) || development.test(path.replace("dist/src/", ""))),
    [],
  );
});

await t.test("no import of the program or the client leads to simulators or demo", (t) => {
  const reached = new Set<string>();
  const waiting = [join(source, "main.ts"), join(source, "client", "index.ts")];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    // Static and dynamic imports, types included.
    for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g))
      waiting.push(resolve(dirname(file), path).replace(/\.js$/, ".ts"));
  }
  const names = [...reached].map((file) => relative(source, file));
  t.ok(names.includes("cli/init/run-init.ts"), "dynamic imports of commands are followed");
  t.ok(existsSync(join(source, "simulators")));
  t.strictSame(
    names.filter((name) => development.test(name)),
    [],
  );
  t.end();
});
