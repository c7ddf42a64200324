import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";
import { parse } from "yaml";
import { missingEngines } from "./programs.js";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string): string => readFileSync(join(repository, path), "utf8");

interface Service {
  readonly image?: string;
  readonly network_mode?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly privileged?: boolean;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly secrets?: readonly string[];
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const text = read("docker-compose.yml");
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);

/** What a shell script, FreeSWITCH's variables or drachtio take from the environment. */
const known = {
  freeswitch: read("freeswitch/start.sh") + read("freeswitch/conf/vars.xml"),
  drachtio: read("config/start-drachtio.sh"),
  einwahl: read("Dockerfile"),
} as const;

await t.test("docker-compose.yml", async (t) => {
  for (const [name, service] of services) {
    await t.test(name, (t) => {
      t.equal(service.network_mode, "host");
      t.equal(service.read_only, true, "its root is read-only");
      t.strictSame(service.cap_drop, ["ALL"], "it has no capability that is not named");
      t.notOk(service.privileged);
      t.match(service.image, /^[\w./-]+:v?\d+\.\d+\.\d+(-\w+)?$/, "its image is pinned");
      for (const volume of service.volumes ?? []) {
        const [source = ""] = volume.split(":");
        if (source.startsWith("./")) t.ok(existsSync(join(repository, source)), `${source} exists`);
        else if (!source.startsWith("/")) t.ok(source in compose.volumes, `${source} is declared`);
      }
      for (const secret of service.secrets ?? []) t.ok(secret in compose.secrets, `the secret ${secret} is declared`);
      t.end();
    });
  }
  for (const [name, { file }] of Object.entries(compose.secrets)) t.match(file, /^\.\/config\/secrets\//, `${name} is in the folder that git ignores`);
  t.strictSame(services.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name), ["drachtio", "freeswitch", "einwahl"], "what `docker compose up` starts");
});

await t.test("every variable is read by somebody, and explained", (t) => {
  for (const [name, script] of Object.entries(known)) {
    for (const variable of Object.keys(compose.services[name]?.environment ?? {})) {
      // drachtio-server reads its own.
      const own = name === "drachtio" && /^DRACHTIO_(PROMETHEUS_SCRAPE_PORT|LOGLEVEL)$/.test(variable);
      t.ok(own || new RegExp(`\\b${variable}\\b`).test(script), `${name}: ${variable}`);
    }
  }
  const used = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, variable]) => variable));
  const explained = new Set([...read(".env.example").matchAll(/^(\w+)=/gm)].map(([, variable]) => variable));
  t.strictSame([...used].sort(), [...explained].sort(), "docker-compose.yml and .env.example name the same ones");
  t.end();
});

await t.test("the media server finds the prompts under the path that einwahl names", (t) => {
  const workdir = /^WORKDIR (\S+)$/m.exec(known.einwahl)?.[1] ?? "";
  t.ok(compose.services["freeswitch"]?.volumes?.includes(`./freeswitch:${workdir}/freeswitch:ro`));
  t.match(known.einwahl, /^COPY freeswitch\/sounds freeswitch\/sounds$/m);
  t.end();
});

await t.test("digits in the engines' output are masked", (t) => {
  const last = (script: string): string => /^exec (?:.*\\\n)*.*$/m.exec(script)?.[0] ?? "";
  t.match(last(known.drachtio), /^exec \/bin\/sh "\$here\/run-masked\.sh" drachtio /);
  t.match(last(known.freeswitch), /^exec \/bin\/sh "\$here\/\.\.\/config\/run-masked\.sh" stdbuf -oL freeswitch /);
  t.ok(compose.services["drachtio"]?.volumes?.includes("./config/run-masked.sh:/etc/einwahl-drachtio/run-masked.sh:ro"));
  t.ok(compose.services["freeswitch"]?.volumes?.includes("./config/run-masked.sh:/app/config/run-masked.sh:ro"));
  t.end();
});

await t.test("einwahl may write where its volume is, and nowhere else", (t) => {
  const folder = /^RUN install -d -o node .* (\S+)$/m.exec(known.einwahl)?.[1] ?? "";
  const writable = compose.services["einwahl"]?.volumes?.filter((volume) => !volume.endsWith(":ro"));
  t.strictSame(writable, [`einwahl-data:${folder}`]);
  t.end();
});

await t.test("the image gets only what is named", (t) => {
  const lines = read(".dockerignore").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const [first, ...exceptions] = lines;
  t.equal(first, "*");
  t.strictSame(exceptions.filter((line) => !existsSync(join(repository, line.slice(1)))), [], "and all of that exists");
  t.notOk(exceptions.some((line) => /secret|tls|einwahl\.yaml/.test(line)), "no secrets among it");
  t.match(known.einwahl, /^USER node$/m, "it does not run as root");
  t.end();
});

await t.test("the engines' start scripts refuse what is not safe, with 78 and a reason", async (t) => {
  const attempt = async (script: string, env: Readonly<Record<string, string>>): Promise<{ readonly code: unknown; readonly stderr: string }> => {
    try {
      await run(join(repository, script), { env: { PATH: process.env["PATH"] ?? "", ...env } });
      return { code: 0, stderr: "" };
    } catch (error) {
      const { code, stderr } = error as { readonly code: unknown; readonly stderr: string };
      return { code, stderr };
    }
  };
  for (const password of ["", "ClueCon", "it's", "a b"]) {
    const refusal = await attempt("freeswitch/start.sh", { EINWAHL_FS_EVENT_SOCKET_PASSWORD: password });
    t.match(refusal, { code: 78, stderr: /password/ }, `event socket password "${password}"`);
  }
  for (const secret of ["", "cymru", "change-me", "a|b"]) {
    t.match(await attempt("config/start-drachtio.sh", { DRACHTIO_SECRET: secret, EINWAHL_LOCAL_ADDRESS: "127.0.0.1" }), { code: 78, stderr: /secret/ }, `drachtio secret "${secret}"`);
  }
  t.match(await attempt("config/start-drachtio.sh", { DRACHTIO_SECRET: "x" }), { code: 78, stderr: /EINWAHL_LOCAL_ADDRESS/ });
  t.match(await attempt("freeswitch/start.sh", { EINWAHL_FS_EVENT_SOCKET_PASSWORD: "x", EINWAHL_FS_PRIORITY: "high" }), { code: 78, stderr: /EINWAHL_FS_PRIORITY/ });
  t.match(await attempt("freeswitch/start.sh", { EINWAHL_FS_EVENT_SOCKET_PASSWORD: "x", EINWAHL_MAX_CALLS: "many" }), { code: 78, stderr: /EINWAHL_MAX_CALLS/ });
  t.match(await attempt("freeswitch/start.sh", { EINWAHL_FS_EVENT_SOCKET_PASSWORD_FILE: "/nonexistent" }), { code: 78, stderr: /cannot read/ });
});

await t.test("the engines know the options that they are started with", { skip: missingEngines() ?? false }, async (t) => {
  const optionsIn = (script: string, pattern: RegExp): string[] => [...script.matchAll(pattern)].map(([, option = ""]) => option);
  for (const [program, help, options] of [
    ["drachtio", "--help", optionsIn(known.drachtio.split("set -- --contact").slice(1).join("--contact"), /(--[a-z-]+) /g)],
    ["freeswitch", "-help", optionsIn(read("freeswitch/start.sh").split("stdbuf -oL freeswitch")[1] ?? "", / (-[a-z]+)/g)],
  ] as const) {
    const { stdout, stderr } = await run(program, [help]);
    t.ok(options.length > 1);
    for (const option of options) t.match(stdout + stderr, new RegExp(`${option}[ ,]`), `${program} ${option}`);
  }
});
