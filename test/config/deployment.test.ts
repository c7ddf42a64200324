import { execFile, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import t from "tap";
import { parse } from "yaml";

import { drainMs } from "../../src/cli/serve.js";
import { missingPrograms } from "../e2e/support/missing-programs.js";
import { scratchFolder } from "../e2e/support/scratch.js";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string): string => readFileSync(join(repository, path), "utf8");

interface Service {
  readonly image?: string;
  readonly build?: string | { readonly dockerfile: string; readonly target: string };
  readonly user?: string;
  readonly init?: boolean;
  readonly ulimits?: Readonly<Record<string, number>>;
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly network_mode?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly privileged?: boolean;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly secrets?: readonly string[];
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly stop_signal?: string;
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const text = read("docker-compose.yml");
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);

/** The scripts and FreeSWITCH's variables that read the environment. */
const known = {
  freeswitch: read("freeswitch/start.sh") + read("freeswitch/conf/vars.xml"),
  drachtio: read("config/start-drachtio.sh"),
  einwahl: read("Dockerfile"),
} as const;
const dockerfiles = known.einwahl + read("Dockerfile.engines");
const engines = read("Dockerfile.engines").split(/^(?=FROM )/m);

/** Its digest could not be verified; docs/adr/0001-media-server-image.md describes how to pin it. */
const unverified = "drachtio/drachtio-server:0.9.10";
const byDigest = /^[\w./-]+:v?\d+\.\d+\.\d+(-[\w-]+)?@sha256:[0-9a-f]{64}$/;

/** An engine's stage in Dockerfile.engines. */
function engineImage(name: string): string {
  return engines.find((stage) => stage.split("\n")[0]?.endsWith(` AS ${name}`)) ?? "";
}

await t.test("docker-compose.yml", async (t) => {
  for (const [name, service] of services) {
    await t.test(name, (t) => {
      t.equal(service.network_mode, "host");
      t.equal(service.read_only, true, "read-only root");
      t.strictSame(service.cap_drop, ["ALL"], "all capabilities dropped");
      t.notOk(service.privileged);
      t.notOk(service.cap_add, "and none is");
      t.match(service.user, /^(?!root|0\b)./, "runs without root");
      t.equal(service.ulimits?.["core"], 1, "no core dump, to a file or a pipe");
      t.strictSame(
        service.logging,
        { driver: "json-file", options: { "max-size": "1m", "max-file": "1" } },
        "Docker keeps at most 1 MB, because it has no time limit",
      );
      if (service.build === undefined) t.match(service.image, byDigest, "image pinned by digest");
      else t.match(service.image, /^einwahl(-\w+)?:\d+\.\d+\.\d+$/, "built from this repository");
      for (const volume of service.volumes ?? []) {
        const [source = ""] = volume.split(":");
        if (source.startsWith("./")) t.ok(existsSync(join(repository, source)), `${source} exists`);
        else if (!source.startsWith("/")) t.ok(source in compose.volumes, `${source} is declared`);
      }
      for (const secret of service.secrets ?? []) t.ok(secret in compose.secrets, `the secret ${secret} is declared`);
      t.end();
    });
  }
  for (const [name, { file }] of Object.entries(compose.secrets))
    t.match(file, /^\.\/config\/secrets\//, `${name} is in the folder that git ignores`);
  t.strictSame(
    services.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name),
    ["drachtio", "freeswitch", "einwahl"],
    "the services that `docker compose up` starts",
  );
});

await t.test("an update of einwahl hands its calls over, and leaves the engines alone", (t) => {
  const { depends_on: needs, stop_signal: signal, stop_grace_period: grace } = compose.services["einwahl"] ?? {};
  t.equal(signal, "SIGTERM");
  t.notMatch(known.einwahl, /^STOPSIGNAL/m);
  t.ok(Number(/^(\d+)s$/.exec(grace ?? "")?.[1]) * 1_000 >= drainMs + 30_000, `${grace ?? ""} for a drained stop`);
  t.strictSame(
    needs,
    { drachtio: { condition: "service_healthy" }, freeswitch: { condition: "service_healthy" } },
    'without "restart", which would restart einwahl with an engine',
  );
  for (const name of ["drachtio", "freeswitch"]) t.notOk(compose.services[name]?.depends_on, name);
  t.end();
});

await t.test("each variable is read by a script and explained", (t) => {
  for (const [name, script] of Object.entries(known)) {
    for (const variable of Object.keys(compose.services[name]?.environment ?? {})) {
      // drachtio-server reads its own variables.
      const own = name === "drachtio" && /^DRACHTIO_(PROMETHEUS_SCRAPE_PORT|LOGLEVEL)$/.test(variable);
      t.ok(own || new RegExp(`\\b${variable}\\b`).test(script), `${name}: ${variable}`);
    }
  }
  const used = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, variable]) => variable));
  const explained = new Set([...read(".env.example").matchAll(/^(\w+)=/gm)].map(([, variable]) => variable));
  t.strictSame([...used].sort(), [...explained].sort(), "docker-compose.yml and .env.example have the same variables");
  t.end();
});

await t.test("the prompts have the same path for einwahl and the media server", (t) => {
  const workdir = /^WORKDIR (\S+)$/m.exec(known.einwahl)?.[1] ?? "";
  t.ok(compose.services["freeswitch"]?.volumes?.includes(`./freeswitch:${workdir}/freeswitch:ro`));
  t.match(known.einwahl, /^COPY freeswitch\/sounds freeswitch\/sounds$/m);
  t.end();
});

await t.test("digits in the engines' output are masked", (t) => {
  const last = (script: string): string => /^exec (?:.*\\\n)*.*$/m.exec(script)?.[0] ?? "";
  t.match(last(known.drachtio), /^exec \/bin\/sh "\$here\/run-masked\.sh" drachtio /);
  t.match(
    last(known.freeswitch),
    /^exec \/bin\/sh "\$here\/\.\.\/config\/run-masked\.sh" "\$@" stdbuf -oL freeswitch /,
  );
  t.ok(
    compose.services["drachtio"]?.volumes?.includes("./config/run-masked.sh:/etc/einwahl-drachtio/run-masked.sh:ro"),
  );
  t.ok(compose.services["freeswitch"]?.volumes?.includes("./config/run-masked.sh:/app/config/run-masked.sh:ro"));
  t.end();
});

await t.test("each service can write to its volumes only", (t) => {
  const writable = (name: string): readonly string[] | undefined =>
    compose.services[name]?.volumes?.filter((volume) => !volume.endsWith(":ro"));
  t.match(known.einwahl, /^RUN install -d -o node -g node -m 0700 \/var\/lib\/einwahl \/var\/log\/einwahl$/m);
  t.strictSame(writable("einwahl"), ["einwahl-data:/var/lib/einwahl", "einwahl-logs:/var/log/einwahl"]);
  for (const name of ["drachtio", "freeswitch"]) {
    const { user = "", environment, tmpfs } = compose.services[name] ?? {};
    const [id = ""] = user.split(":");
    const folder = `/var/log/einwahl-${name}`;
    t.equal(environment?.["EINWAHL_LOG_DIR"], folder, `${name} logs into files of a day`);
    t.strictSame(writable(name), [`${name}-logs:${folder}`]);
    // A new volume belongs to the owner of the folder in the image.
    t.match(engineImage(name), `install -d -o ${id} -g ${id} -m 0750 ${folder}\nUSER ${id}:${id}\n`);
    t.ok(tmpfs?.includes(`/var/lib/einwahl-${name}:mode=0700,uid=${id},gid=${id}`), `${name} owns its folder of state`);
  }
  t.end();
});

await t.test(
  "images are pinned by digest, contain only the modules in use and have the same versions everywhere",
  (t) => {
    const stages = [...dockerfiles.matchAll(/^FROM (\S+)(?: AS (\S+))?/gm)];
    const names = stages.map(([, , name]) => name);
    const bases = stages.map(([, image = ""]) => image).filter((image) => !names.includes(image));
    t.ok(bases.length >= 4);
    for (const image of bases) t.ok(byDigest.test(image) || image === unverified, image);
    const loaded = [
      ...read("freeswitch/conf/autoload_configs/modules.conf.xml").matchAll(/<load module="(\w+)"\/>/g),
    ].map(([, name]) => name);
    const kept = / for module in ([\w ]+);/.exec(engineImage("freeswitch"))?.[1]?.split(" ");
    t.strictSame(kept?.sort(), loaded.sort(), "the image contains exactly the loaded modules");
    const version = (name: string): string => compose.services[name]?.image?.split(":")[1] ?? "";
    t.match(engineImage("freeswitch"), `"freeswitch=~${version("freeswitch")}"`);
    t.equal(unverified.split(":")[1], version("drachtio"));
    t.match(
      read("README.md").replaceAll("\n", " "),
      `\`drachtio\` (${version("drachtio")}) and \`freeswitch\` (${version("freeswitch")})`,
      "the engine tests run with these versions",
    );
    t.match(read("docs/adr/0001-media-server-image.md"), version("freeswitch"));
    t.equal(compose.services["freeswitch"]?.ulimits?.["rtprio"], 99, "real-time scheduling needs no root");
    t.end();
  },
);

await t.test("the media server accepts INVITEs of einwahl only, on loopback", (t) => {
  const dialplan = read("freeswitch/conf/dialplan/mrf.xml");
  const gates = ["sip_user_agent", "sip_h_X-Einwahl-Key", "sip_h_X-esl-outbound"];
  const extensions = dialplan.split(/(?=<extension )/).slice(1);
  const endpoint = extensions.find((extension) => extension.startsWith('<extension name="endpoint">')) ?? "";
  const conditions = [...endpoint.matchAll(/<condition[^>]*>/g)].slice(0, gates.length).map(([condition]) => condition);
  t.strictSame(
    conditions.map((condition) => /field="\$\{([\w-]+)\}"/.exec(condition)?.[1]),
    gates,
    "the key and the host are checked first",
  );
  t.ok(
    conditions.every((condition) => condition.includes('break="on-false"')),
    "without them no further condition is evaluated",
  );
  const applications = [...endpoint.matchAll(/application="(\w+)"/g)].map(([, name]) => name);
  t.match(endpoint, /application="multiset" data="\^\^;sip_h_X-Einwahl-Key=;/, "the key is removed");
  t.equal(applications.filter((name) => name === "answer" || name === "socket").length, 2);
  const others = extensions.filter((extension) => extension !== endpoint);
  t.equal(others.length, 3);
  for (const extension of others)
    t.match(
      extension,
      /field="\$\{einwahl_(?:call|endpoint)\}" expression="\^[^?*|]+\$"\/?>/,
      "only for channels of einwahl",
    );
  const environment = compose.services["freeswitch"]?.environment ?? {};
  t.notOk("EINWAHL_FS_CONTROL_HOSTS" in environment, "FreeSWITCH connects to this host only");
  for (const name of ["mrf_sip_address", "event_socket_address"]) {
    const variables = read("freeswitch/conf/vars.xml");
    t.match(variables, `data="${name}=127.0.0.1"`, name);
    const setBy = new RegExp(`data="${name}=\\$(\\w+)"`).exec(variables)?.[1] ?? "";
    t.match(setBy, /^EINWAHL_FS_/);
    t.notOk(setBy in environment, `and compose leaves ${name} so`);
  }
  t.end();
});

await t.test("no service sends usage data, and no command line contains a password", (t) => {
  const grafana = compose.services["grafana"]?.environment ?? {};
  for (const [name, value] of Object.entries({
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
    GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: "false",
    GF_NEWS_NEWS_FEED_ENABLED: "false",
    GF_SNAPSHOTS_EXTERNAL_ENABLED: "false",
    GF_SECURITY_DISABLE_GRAVATAR: "true",
    GF_PLUGINS_PREINSTALL_DISABLED: "true",
    GF_PLUGINS_PLUGIN_ADMIN_ENABLED: "false",
    GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: "true",
  }))
    t.equal(grafana[name], value, name);
  t.ok(
    compose.services["prometheus"]?.command?.some((option) => /^--storage\.tsdb\.retention\.time=\d+d$/.test(option)),
    "Prometheus has a retention limit",
  );
  t.strictSame(compose.services["redis"]?.secrets, ["redis-url"]);
  t.notMatch(text, /requirepass|REDISCLI_AUTH/);
  t.match(
    known.einwahl,
    /^ENTRYPOINT \["node", "--disable-sigusr1", "--enable-source-maps",/m,
    "no signal opens a debugger",
  );
  t.notMatch(
    dockerfiles + read("config/systemd/einwahl.service"),
    /--(inspect|report-|heapsnapshot|heap-prof|abort-on)|NODE_OPTIONS/,
  );
  t.end();
});

await t.test("the image contains only the listed files", (t) => {
  const lines = read(".dockerignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const [first, ...others] = lines;
  const exceptions = others.filter((line) => line.startsWith("!"));
  t.equal(first, "*");
  t.strictSame(
    others.filter((line) => !line.startsWith("!")),
    ["src/demo", "src/simulators"],
    "the program without the folders for development",
  );
  t.ok(
    others.indexOf("src/demo") > others.indexOf("!src"),
    "excluded after src is included: the last matching pattern applies",
  );
  t.strictSame(
    exceptions.filter((line) => !existsSync(join(repository, line.slice(1)))),
    [],
    "and all these files exist",
  );
  t.notOk(
    exceptions.some((line) => /secret|tls|einwahl\.yaml/.test(line)),
    "no secrets among it",
  );
  t.match(known.einwahl, /^USER node$/m, "it does not run as root");
  t.end();
});

await t.test("the engines' start scripts reject unsafe settings with status 78 and a reason", async (t) => {
  const attempt = async (
    script: string,
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: unknown; readonly stderr: string }> => {
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
    t.match(
      await attempt("config/start-drachtio.sh", { DRACHTIO_SECRET: secret, EINWAHL_LOCAL_ADDRESS: "127.0.0.1" }),
      { code: 78, stderr: /secret/ },
      `drachtio secret "${secret}"`,
    );
  }
  t.match(await attempt("config/start-drachtio.sh", { DRACHTIO_SECRET: "x" }), {
    code: 78,
    stderr: /EINWAHL_LOCAL_ADDRESS/,
  });
  t.match(
    await attempt("freeswitch/start.sh", { EINWAHL_FS_EVENT_SOCKET_PASSWORD: "x", EINWAHL_FS_PRIORITY: "high" }),
    { code: 78, stderr: /EINWAHL_FS_PRIORITY/ },
  );
  t.match(await attempt("freeswitch/start.sh", { EINWAHL_FS_EVENT_SOCKET_PASSWORD: "x", EINWAHL_MAX_CALLS: "many" }), {
    code: 78,
    stderr: /EINWAHL_MAX_CALLS/,
  });
  t.match(await attempt("freeswitch/start.sh", { EINWAHL_FS_EVENT_SOCKET_PASSWORD_FILE: "/nonexistent" }), {
    code: 78,
    stderr: /cannot read/,
  });
});

await t.test("the engines' start scripts disable core dumps", { skip: missingPrograms("prlimit") }, async (t) => {
  const folder = await scratchFolder(t, "start");
  for (const name of ["drachtio", "freeswitch"]) {
    writeFileSync(
      join(folder, name),
      "#!/bin/sh\ngrep '^Max core' /proc/self/limits | tr -s ' '\ngrep . /proc/self/coredump_filter | tr 0-9 a-j\n",
      { mode: 0o755 },
    );
  }
  writeFileSync(join(folder, "ca.pem"), "");
  const env = {
    PATH: `${folder}:${process.env["PATH"] ?? ""}`,
    DRACHTIO_SECRET: "x",
    EINWAHL_LOCAL_ADDRESS: "127.0.0.1",
    EINWAHL_DRACHTIO_STATE_DIR: folder,
    EINWAHL_FS_EVENT_SOCKET_PASSWORD: "x",
    EINWAHL_FS_STATE_DIR: folder,
    EINWAHL_FS_TLS_CA: join(folder, "ca.pem"),
  };
  for (const script of ["config/start-drachtio.sh", "freeswitch/start.sh"]) {
    for (const [limit, wanted] of [
      ["unlimited:unlimited", "0 0"],
      ["0:unlimited", "0 0"],
      ["1:1", "1 1"],
    ] as const) {
      // Only root can raise a limit.
      if (spawnSync("prlimit", [`--core=${limit}`, "true"]).status !== 0) continue;
      const { stdout } = await run("prlimit", [`--core=${limit}`, "--", join(repository, script)], { env });
      t.match(stdout, new RegExp(`^Max core file size ${wanted} bytes`), `${script}, started with ${limit}`);
      t.match(stdout, /^a{8}$/m, "no memory is piped to a program");
    }
  }
});

await t.test("drachtio gets a readable chain file for each combination of certificate files", async (t) => {
  const folder = await scratchFolder(t, "tls");
  writeFileSync(
    join(folder, "drachtio"),
    '#!/bin/sh\nfor file in "$DRACHTIO_TLS_KEY_FILE" "$DRACHTIO_TLS_CERT_FILE" "$DRACHTIO_TLS_CHAIN_FILE"; do echo "${file##*/}"; done\n',
    { mode: 0o755 },
  );
  for (const name of ["key.pem", "fullchain.pem", "authority.pem"]) writeFileSync(join(folder, name), "");
  const env = {
    PATH: `${folder}:${process.env["PATH"] ?? ""}`,
    DRACHTIO_SECRET: "x",
    EINWAHL_LOCAL_ADDRESS: "127.0.0.1",
    EINWAHL_DRACHTIO_STATE_DIR: join(folder, "state"),
    DRACHTIO_TLS_KEY_FILE: join(folder, "key.pem"),
    DRACHTIO_TLS_CERT_FILE: join(folder, "fullchain.pem"),
  };
  const filesOf = async (more: Readonly<Record<string, string>>): Promise<readonly string[]> =>
    (await run(join(repository, "config/start-drachtio.sh"), { env: { ...env, ...more } })).stdout.trim().split("\n");
  t.strictSame(
    await filesOf({}),
    ["key.pem", "fullchain.pem", "fullchain.pem"],
    "the certificate's file contains the chain",
  );
  t.strictSame(
    await filesOf({ DRACHTIO_TLS_CHAIN_FILE: "" }),
    ["key.pem", "fullchain.pem", "fullchain.pem"],
    "an empty variable is ignored",
  );
  t.strictSame(await filesOf({ DRACHTIO_TLS_CHAIN_FILE: join(folder, "authority.pem") }), [
    "key.pem",
    "fullchain.pem",
    "authority.pem",
  ]);
  t.strictSame(await filesOf({ EINWAHL_TRUNK_CA: join(folder, "authority.pem") }), [
    "key.pem",
    "fullchain.pem",
    "authority.pem",
  ]);
  await t.rejects(filesOf({ DRACHTIO_TLS_CHAIN_FILE: join(folder, "missing.pem") }), {
    code: 78,
    stderr: /cannot read .*missing\.pem/,
  });
});
