import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import t from "tap";

import { systemClock } from "../../src/util/clock.js";
import { sleep } from "../../src/util/wait.js";
import { missingPrograms } from "../e2e/support/missing-programs.js";
import { freePort } from "../e2e/support/ports.js";
import { Program } from "../e2e/support/program.js";
import { HttpHarness, tokenConfig } from "./support/http-harness.js";

const attempts = 100;
const tokens = [tokenConfig("prometheus", "token-of-prometheus", ["metrics:read"])];

/** The minimal configuration: it sets no header, so einwahl sees loopback and `Host: 127.0.0.1`. */
function shortest(folder: string, port: number, upstream: string): string {
  return [
    "daemon off;",
    `pid ${folder}/nginx.pid;`,
    "error_log stderr;",
    "events {}",
    "http {",
    "  access_log off;",
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `  ${name}_temp_path ${folder}/${name};`),
    `  server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; } }`,
    "}",
    "",
  ].join("\n");
}

async function answers(url: string): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      return (await fetch(`${url}/healthz`)).status === 200;
    } catch {
      await sleep(systemClock, 50);
    }
  }
  return false;
}

await t.test(
  "behind nginx's minimal proxy_pass no operators' route is public",
  { skip: missingPrograms("nginx") },
  async (t) => {
    const reasons = ["trunk easybell: 403 Forbidden"];
    const world = await HttpHarness.start(t, {
      http: { tokens, metrics: "local", status: "local" },
      operators: { health: () => ({ state: "full", reasons }) },
    });
    const folder = t.testdir();
    mkdirSync(join(folder, "logs"));
    const port = await freePort();
    writeFileSync(join(folder, "nginx.conf"), shortest(folder, port, world.url));
    const nginx = new Program("nginx", ["-p", folder, "-c", join(folder, "nginx.conf")], { cwd: folder });
    t.teardown(() => nginx.stop());
    const url = `http://127.0.0.1:${port}`;
    t.ok(await answers(url), `nginx passes requests on: ${nginx.tail()}`);

    for (const path of ["/status", "/metrics"]) {
      const answer = await fetch(`${url}${path}`);
      t.equal(answer.status, 401, path);
      t.notMatch(await answer.text(), "# no metrics");
    }
    const health = await fetch(`${url}/readyz`);
    t.same([health.status, await health.json()], [429, { status: "full" }], "a state, and no names");
    t.equal(
      (await fetch(`${url}/metrics`, { headers: { authorization: "Bearer token-of-prometheus" } })).status,
      200,
      "with a token as ever",
    );
    t.equal((await fetch(`${url}/`)).status, 200, "and the page for people");
    for (const path of ["/status", "/metrics"])
      t.equal((await fetch(`${world.operatorsUrl}${path}`)).status, 200, `${path} for programs of this machine`);
  },
);
