import { execFile, spawnSync } from "node:child_process";
import { chmod, chown, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import { SipUserAgent } from "../../src/softphone/sip/index.js";
import { freePort, freePorts } from "../e2e/support/ports.js";
import { type EngineProgram, host, listens, startEngine } from "./engine-program.js";
import { FreeSwitchSocket } from "./freeswitch-socket.js";
import { missingEngines } from "./programs.js";
import { mediaEnvironment, password } from "./real-engines.js";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../../", import.meta.url));
const skip = missingEngines() ?? false;
/** What a test tells. */
type Assertions = Pick<typeof t, "match">;

/** Of no user and no group, as in docker-compose.yml. */
const nobody = 10_001;
/**
 * Without root and without capabilities to regain it, as in compose. Reading is permitted everywhere, because the engines of a test
 * may be installed where only root can read.
 */
const asNobody = [
  "--reuid",
  String(nobody),
  "--regid",
  String(nobody),
  "--clear-groups",
  "--no-new-privs",
  "--bounding-set",
  "-all,+dac_read_search",
  "--inh-caps",
  "-all,+dac_read_search",
  "--ambient-caps",
  "-all,+dac_read_search",
];

/** If this machine forbids real-time priority, the engine must run without it. */
const realtime =
  spawnSync("prlimit", ["--rtprio=99:99", "chrt", "-f", "1", "true"]).status === 0 ? ["--rtprio=99:99"] : [];

/** Starts a script as docker-compose.yml does. @param prepare chooses ports; the folder belongs to the engine's user */
async function startAsNobody(
  name: string,
  script: string,
  prepare: (
    folder: string,
  ) => Promise<{ readonly env: Readonly<Record<string, string>>; readonly isReady: () => Promise<boolean> }>,
): Promise<EngineProgram> {
  return await startEngine(name, async (folder) => {
    await chmod(folder, 0o755);
    await chown(folder, nobody, nobody);
    const { env, isReady } = await prepare(folder);
    return {
      command: "prlimit",
      args: ["--core=1:1", ...realtime, "setpriv", ...asNobody, "/bin/sh", join(repository, script)],
      env: { ...env, EINWAHL_LOG_DIR: join(folder, "log-files") },
      isReady,
    };
  });
}

/** The engine process, a child of the script. */
async function processOf(name: string, { program }: EngineProgram): Promise<string> {
  const { stdout } = await run("ps", ["-eo", "pid=,ppid=,comm="]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const below = new Set([String(program.pid)]);
  for (let depth = 0; depth < 4; depth++)
    for (const [pid = "", parent = ""] of rows) if (below.has(parent)) below.add(pid);
  const found = rows.find(([pid = "", , command = ""]) => below.has(pid) && command.startsWith(name))?.[0];
  if (found === undefined) throw new Error(`no ${name} below ${program.pid}\n${stdout}`);
  return found;
}

async function isShutIn(t: Assertions, pid: string): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  t.match(status, new RegExp(`^Uid:\\s${nobody}\\s${nobody}\\s${nobody}\\s`, "m"), "it runs without root");
  t.match(status, /^NoNewPrivs:\s1$/m);
  t.match(status, /^CapEff:\s0000000000000004$/m, "and with no capability but the test's own");
  t.match(await readFile(`/proc/${pid}/limits`, "utf8"), /^Max core file size +1 +1 /m, "it leaves no core dump");
  t.match(await readFile(`/proc/${pid}/coredump_filter`, "utf8"), /^0+$/m);
}

async function logOf({ folder }: EngineProgram, name: string): Promise<string> {
  return await readFile(join(folder, "log-files", `${name}-${new Date().toISOString().slice(0, 10)}.log`), "utf8");
}

await t.test("drachtio-server runs without root and offers suites with forward secrecy only", { skip }, async (t) => {
  let tls = 0;
  const engine = await startAsNobody("drachtio", "config/start-drachtio.sh", async (folder) => {
    const [control = 0, plain = 0, tlsPort = 0, local = 0] = await freePorts(4);
    tls = tlsPort;
    // With an RSA key, as is common: an ECDSA key can't be used without forward secrecy anyway.
    const files = { key: join(folder, "key.pem"), cert: join(folder, "cert.pem") };
    await run("openssl", [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      "/CN=test",
      "-keyout",
      files.key,
      "-out",
      files.cert,
    ]);
    await chmod(files.key, 0o644);
    return {
      env: {
        DRACHTIO_TLS_KEY_FILE: files.key,
        DRACHTIO_TLS_CERT_FILE: files.cert,
        DRACHTIO_TLS_CHAIN_FILE: files.cert,
        DRACHTIO_SECRET: "test-drachtio",
        DRACHTIO_ADMIN_TCP_PORT: String(control),
        EINWAHL_LOCAL_ADDRESS: host,
        EINWAHL_SIP_PORT: String(plain),
        EINWAHL_SIP_TLS_PORT: String(tls),
        EINWAHL_SIP_LOCAL_PORT: String(local),
        EINWAHL_DRACHTIO_STATE_DIR: join(folder, "state"),
      },
      isReady: async () => (await Promise.all([control, plain, tls].map(listens))).every(Boolean),
    };
  });
  t.teardown(async () => {
    await engine.close();
  });
  await isShutIn(t, await processOf("drachtio", engine));
  /** The negotiated suite; "none": the server refuses. */
  const handshake = (...options: readonly string[]): string => {
    const { stdout, stderr } = spawnSync("openssl", ["s_client", "-connect", `${host}:${tls}`, ...options], {
      input: "",
      encoding: "utf8",
    });
    const suite = /^\s*Cipher\s+: (\S+)$/m.exec(stdout)?.[1] ?? /Cipher is (\S+)$/m.exec(stdout)?.[1];
    if (suite !== undefined && suite !== "0000" && suite !== "(NONE)") return suite;
    return /alert (handshake failure|protocol version)/.test(stderr) ? "none" : stderr;
  };
  for (const suite of [
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-SHA256",
  ])
    t.equal(handshake("-tls1_2", "-cipher", suite), suite);
  t.match(handshake("-tls1_3"), /^TLS_/);
  for (const suites of ["AES128-SHA", "AES256-GCM-SHA384:AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "kRSA:aNULL"]) {
    t.equal(handshake("-tls1_2", "-cipher", `${suites}:@SECLEVEL=0`), "none", `${suites} is refused`);
  }
  t.equal(handshake("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), "none", "TLS 1.1 is refused");
});

await t.test("drachtio-server starts with only a key and a certificate, and declines scanners", { skip }, async (t) => {
  const { key, cert, ca } = await makeCertificates();
  let [plain, tls] = [0, 0];
  const engine = await startEngine("drachtio", async (folder) => {
    const [control = 0, plainPort = 0, tlsPort = 0, local = 0] = await freePorts(4);
    [plain, tls] = [plainPort, tlsPort];
    const files = { key: join(folder, "key.pem"), fullchain: join(folder, "fullchain.pem") };
    await writeFile(files.key, key);
    await writeFile(files.fullchain, `${cert}\n${ca}\n`);
    return {
      command: join(repository, "config/start-drachtio.sh"),
      args: [],
      env: {
        DRACHTIO_TLS_KEY_FILE: files.key,
        DRACHTIO_TLS_CERT_FILE: files.fullchain,
        DRACHTIO_SECRET: "test-drachtio",
        DRACHTIO_ADMIN_TCP_PORT: String(control),
        EINWAHL_LOCAL_ADDRESS: host,
        EINWAHL_SIP_PORT: String(plain),
        EINWAHL_SIP_TLS_PORT: String(tls),
        EINWAHL_SIP_LOCAL_PORT: String(local),
      },
      isReady: async () => (await Promise.all([control, plain, tls].map(listens))).every(Boolean),
    };
  });
  t.teardown(async () => {
    await engine.close();
  });
  const { stdout } = spawnSync("openssl", ["s_client", "-connect", `${host}:${tls}`], {
    input: "",
    encoding: "utf8",
  });
  t.match(stdout, /^ 0 s:.*localhost[^]*^ 1 s:.*einwahl demo authority/m, "the file's whole chain is sent");

  for (const [transport, port] of [
    ["udp", plain],
    ["tcp", plain],
    ["tls", tls],
  ] as const) {
    const scanner = await SipUserAgent.listen({
      listen: [{ transport: "udp", address: host, port: 0 }],
      tls: { ca },
      userAgent: "friendly-scanner",
    });
    const answer = await scanner.request({
      method: "OPTIONS",
      uri: `sip:100@${host}:${port};transport=${transport}`,
    });
    t.match(answer, { ok: true, value: { status: 603 } }, `over ${transport}`);
    await scanner.close();
  }
  const comment =
    /<!-- ([^>]*?) -->\s*<spammers>/.exec(await readFile(join(repository, "config/drachtio.conf.xml"), "utf8"))?.[1] ??
    "";
  t.match(comment, /\b603\b/, "and the configuration says so");
});

await t.test(
  "FreeSWITCH runs without root, with real-time priority if permitted, and writes daily log files",
  { skip },
  async (t) => {
    let socket: FreeSwitchSocket | undefined;
    const engine = await startAsNobody("freeswitch", "freeswitch/start.sh", async (folder) => {
      socket?.close();
      const port = await freePort();
      const asking = new FreeSwitchSocket(port, password);
      socket = asking;
      return {
        env: {
          ...(await mediaEnvironment(port)),
          EINWAHL_FS_STATE_DIR: join(folder, "state"),
          EINWAHL_FS_LOG_LEVEL: "info",
        },
        isReady: async () => await asking.runs(["drachtio_mrf", "bbb"]),
      };
    });
    t.teardown(async () => {
      socket?.close();
      await engine.close();
    });
    const pid = await processOf("freeswitch", engine);
    await isShutIn(t, pid);
    const { stdout } = await run("ps", ["-o", "cls=", "-p", pid]);
    t.equal(stdout.trim(), realtime.length > 0 ? "FF" : "TS", "SCHED_FIFO where the limit rtprio allows it");
    t.match(await logOf(engine, "freeswitch"), /FreeSWITCH Started/, "its log is in a file");
    t.equal(engine.program.tail(), "", "and not on standard output");
  },
);

await t.test("the engines accept the options of their start scripts", { skip }, async (t) => {
  const read = async (path: string): Promise<string> => await readFile(join(repository, path), "utf8");
  const optionsIn = (script: string, pattern: RegExp): string[] =>
    [...script.matchAll(pattern)].map(([, option = ""]) => option);
  for (const [program, help, options] of [
    [
      "drachtio",
      "--help",
      optionsIn(
        (await read("config/start-drachtio.sh")).split("set -- --contact").slice(1).join("--contact"),
        /(--[a-z-]+) /g,
      ),
    ],
    [
      "freeswitch",
      "-help",
      optionsIn((await read("freeswitch/start.sh")).split("stdbuf -oL freeswitch")[1] ?? "", / (-[a-z]+)/g),
    ],
  ] as const) {
    const { stdout, stderr } = await run(program, [help]);
    t.ok(options.length > 1);
    for (const option of options) t.match(stdout + stderr, new RegExp(`${option}[ ,]`), `${program} ${option}`);
  }
});
