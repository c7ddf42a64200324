import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import { missingPrograms } from "../e2e/support/missing-programs.js";
import { freePorts } from "../e2e/support/ports.js";
import { Program } from "../e2e/support/program.js";
import { until } from "../softphone/sip/support.js";
import { HttpHarness } from "./support/http-harness.js";

const pin = "123456789";
const sample = /```nginx\n([^]*?)```/.exec(readFileSync("docs/front-ends.md", "utf8"))?.[1] ?? "";

/** The sample with paths and ports of this test, inside Debian's nginx.conf. */
function configured(folder: string, port: number, upstream: string): string {
  const own = sample
    .replace("listen 443 ssl", `listen 127.0.0.1:${port} ssl`)
    .replaceAll("/etc/ssl/phone.example.org", join(folder, "server"))
    .replaceAll("/var/log/nginx", folder)
    .replace("http://127.0.0.1:8080", upstream);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join("\n");
  return `daemon off;\npid ${join(folder, "nginx.pid")};\nerror_log stderr crit;\nevents {}\nhttp {\n${temporary}\n${own}\n}\n`;
}

/** Status of the response, once the port is open. */
async function statusOf(url: string, ca: string): Promise<number | undefined> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const status = await new Promise<number | undefined>((resolve) => {
      get(url, { ca, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", () => {
        resolve(undefined);
      });
    });
    if (status !== undefined) return status;
    await setTimeout(50);
  }
  return undefined;
}

await t.test(
  "the nginx sample proxies the page, and neither log contains a query",
  { skip: missingPrograms("nginx") },
  async (t) => {
    const world = await HttpHarness.start(t);
    const folder = t.testdir();
    mkdirSync(join(folder, "logs"));
    const { ca, key, cert } = await makeCertificates();
    writeFileSync(join(folder, "server.pem"), cert);
    writeFileSync(join(folder, "server.key"), key);
    const [port = 0, dead = 0] = await freePorts(2);
    const log = (name: string): string => readFileSync(join(folder, name), "utf8");
    for (const [upstream, status] of [
      [world.url, 200],
      [`http://127.0.0.1:${dead}`, 502],
    ] as const) {
      writeFileSync(join(folder, "nginx.conf"), configured(folder, port, upstream));
      const nginx = new Program("nginx", ["-p", folder, "-c", join(folder, "nginx.conf")], { cwd: folder });
      t.teardown(() => nginx.stop());
      t.equal(await statusOf(`https://127.0.0.1:${port}/?lang=de&pin=${pin}`, ca), status, nginx.tail());
      await until(() => log("einwahl.log").includes(`"GET /" ${status} `), "a line in the log");
      t.notMatch(log("einwahl.log"), pin);
      t.notMatch(log("einwahl-error.log"), pin);
      await nginx.stop();
    }
  },
);
