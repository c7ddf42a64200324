import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import { DirectoryLock } from "../../src/store/directory-lock.js";
import { RedisConnection } from "../../src/store/redis-connection.js";
import { systemClock } from "../../src/util/clock.js";
import { noRedis, RedisServer } from "../store/support/redis-server.js";
import { startApiFront } from "./support/api-front.js";
import { type Broken, CheckBench, titleOf, withEntry, withSection } from "./support/check-bench.js";
import { CommandLine, onlyJson } from "./support/command-line.js";
import { Kamailio } from "./support/kamailio.js";
import { startSilentServer } from "./support/loopback-server.js";
import { missingPrograms } from "./support/missing-programs.js";
import { freePort } from "./support/ports.js";
import { scratchFolder } from "./support/scratch.js";
import { conferences, numbers, type Settings } from "./support/world.js";

const host = "127.0.0.1";
/** For tests that wait for log lines. */
const onStandardOutput = { level: "debug" } as const;
/** The drachtio of these tests runs without EINWAHL_TRUNK_CA. */
const unverified = {
  severity: "warning",
  path: "drachtio",
  message: /drachtio verifies no certificates: .*registrar of line/,
  cure: /EINWAHL_TRUNK_CA/,
} as const;
const wrong = "not-the-right-one";

await t.test("einwahl check: ports, store, trunks, and the running einwahl", async (t) => {
  const bench = await CheckBench.start(t);
  const { world } = bench;

  const withRegistrar = (settings: Settings, registrar: Settings, password = "trunk-password"): Settings =>
    withEntry(settings, "trunks", 0, {
      sources: undefined,
      registrar: { host, transport: "tls", ...registrar },
      username: "004930123",
      password,
    });

  const cases: readonly Broken[] = [
    {
      name: "another HTTP server uses the HTTP port",
      break: async (settings, owner) =>
        withSection(settings, "http", { port: await startApiFront(owner, world.bbbs[0].apiUrl, {}) }),
      finds: [
        { severity: "error", path: "http.port", message: /in use by a program other than einwahl/, cure: /ss -ltnp/ },
      ],
    },
    {
      name: "a silent program uses the HTTP port",
      break: async (settings, owner) => withSection(settings, "http", { port: await startSilentServer(owner) }),
      finds: [
        { severity: "error", path: "http.port", message: /in use by a program other than einwahl/, cure: /ss -ltnp/ },
      ],
    },
    {
      name: "another program uses the port for operators",
      break: async (settings, owner) =>
        withSection(settings, "http", { operators_port: await startSilentServer(owner) }),
      finds: [
        {
          severity: "error",
          path: "http.operators_port",
          message: /in use by a program other than einwahl/,
          cure: /ss -ltnp/,
        },
      ],
    },
    {
      name: "an einwahl with another configuration uses the HTTP port",
      break: (settings) => withSection(settings, "http", { port: world.einwahl.httpPort }),
      finds: [
        {
          severity: "error",
          path: "http.port",
          message: /in use by an einwahl that runs with another configuration/,
          cure: /another port/,
        },
      ],
    },
    {
      name: "the HTTP address belongs to another machine",
      break: (settings) => withSection(settings, "http", { host: "192.0.2.1" }),
      finds: [
        {
          severity: "error",
          path: "http.host",
          message: /can't listen on 192\.0\.2\.1/,
          cure: /address of this machine/,
        },
      ],
    },
    {
      name: "the reverse proxy's certificate has expired",
      break: async (settings, owner) => {
        const port = await startSilentServer(owner, await makeCertificates({ fromDays: -90, toDays: -4 }));
        return withSection(settings, "http", { public_url: `https://localhost:${port}` });
      },
      finds: [{ severity: "error", path: "http.public_url", message: /certificate expired on/, cure: /reverse proxy/ }],
    },
    {
      name: "another instance uses the PIN store",
      break: async (settings, owner) => {
        const folder = await scratchFolder(owner, "store");
        const lock = await DirectoryLock.take(folder);
        if (lock.ok) owner.teardown(() => lock.value.release());
        return { ...settings, rooms: { store: folder } };
      },
      finds: [{ severity: "error", path: "rooms.store", message: /in use by another instance/, cure: /Redis/ }],
    },
    {
      name: "the PIN store is a file, not a directory",
      break: async (settings) => {
        const file = join(bench.folder, "no-directory");
        await writeFile(file, "");
        return { ...settings, rooms: { store: file } };
      },
      finds: [{ severity: "error", path: "rooms.store", message: /it is a file/, cure: /write a directory/ }],
    },
    {
      name: "Redis is down",
      break: async (settings) => ({ ...settings, rooms: { store: `redis://:${wrong}@${host}:${await freePort()}` } }),
      finds: [
        {
          severity: "error",
          path: "rooms.store",
          message: /Redis rejects einwahl's connection \(ECONNREFUSED\)/,
          cure: /start Redis/,
        },
      ],
      secrets: [wrong],
    },
    {
      name: "the log's directory is not writable",
      break: async (settings) => {
        await writeFile(join(bench.folder, "log"), "");
        return withSection(settings, "logging", { file: join(bench.folder, "log", "einwahl.log") });
      },
      finds: [
        { severity: "warning", path: "logging.file", message: /is not writable \(ENOTDIR\)/, cure: /calls continue/ },
      ],
    },
    {
      name: "the registrar's name is not in DNS",
      break: (settings) => withRegistrar(settings, { host: "sip.provider.invalid" }),
      finds: [
        unverified,
        {
          severity: "error",
          path: "trunks[0].registrar",
          message: /^sip\.provider\.invalid: the registrar's name (does not resolve|can't be resolved now) \(E/,
          cure: /from the provider's documentation/,
        },
      ],
      secrets: ["trunk-password", "004930123"],
    },
    {
      name: "nothing listens on the registrar's port",
      break: async (settings) => withRegistrar(settings, { port: await freePort() }),
      finds: [
        unverified,
        {
          severity: "error",
          path: "trunks[0].registrar",
          message: /nothing listens on that port/,
          cure: /allow outgoing connections to port/,
        },
      ],
    },
    {
      name: "the registrar's certificate is for another name and from an unknown authority",
      break: async (settings, owner) =>
        withRegistrar(settings, {
          port: await startSilentServer(owner, await makeCertificates({ names: ["sip.provider.example"] })),
        }),
      finds: [
        unverified,
        { severity: "error", path: "trunks[0].registrar", message: /CA is unknown/, cure: /the trunk's ca/ },
        {
          severity: "error",
          path: "trunks[0].registrar",
          message: /for sip\.provider\.example, not for 127\.0\.0\.1/,
          cure: /./,
        },
      ],
    },
    {
      name: "the registrar's certificate has expired",
      break: async (settings, owner) =>
        withRegistrar(settings, {
          port: await startSilentServer(owner, await makeCertificates({ fromDays: -90, toDays: -1 })),
        }),
      finds: [
        unverified,
        {
          severity: "error",
          path: "trunks[0].registrar",
          message: /certificate expired on/,
          cure: /the provider must renew the certificate/,
        },
      ],
    },
    {
      name: "the name of a source is not in DNS",
      break: (settings) => withEntry(settings, "trunks", 0, { sources: [host, "sbc.provider.invalid"] }),
      finds: [
        {
          severity: "error",
          path: "trunks[0].sources",
          message: /^sbc\.provider\.invalid: /,
          cure: /calls from there are refused/,
        },
      ],
    },
  ];
  for (const broken of cases) await t.test(titleOf(broken), (t) => bench.finds(t, broken));

  await t.test("Redis has another password", { skip: noRedis }, async (t) => {
    const redis = await RedisServer.start();
    t.teardown(() => redis.stop());
    const connection = await RedisConnection.open({ url: redis.url, clock: systemClock, onState: () => undefined });
    t.match(await connection.command("CONFIG", "SET", "requirepass", "the-right-one"), { ok: true });
    await connection.close();
    await bench.finds(t, {
      name: "",
      break: (settings) => ({ ...settings, rooms: { store: redis.url.replace("redis://", `redis://:${wrong}@`) } }),
      finds: [
        {
          severity: "error",
          path: "rooms.store",
          message: /Redis rejects einwahl's connection \(.*WRONGPASS/,
          cure: /user and password/,
        },
      ],
      secrets: [wrong],
    });
  });

  await t.test("check does not disturb a call in progress", async (t) => {
    const call = new CommandLine(
      t,
      [
        "call",
        numbers.german,
        "--server",
        `${host}:${world.engines.sip.tls}`,
        "--ca",
        "ca.pem",
        "--pin",
        conferences[0].pin,
        "--seconds",
        "6",
        "--json",
      ],
      bench.folder,
    );
    const arrived = await world.bbbs[0].waitForMember(conferences[0].pin, 60_000);
    t.ok(arrived, "the call is in the conference");
    for (let turn = 0; turn < 3; turn++) {
      const { findings } = await bench.check(t, bench.settings);
      t.strictSame(
        findings.filter(({ severity }) => severity !== "ok"),
        [],
      );
    }
    const { code, lines } = await call.outcome();
    t.equal(code, "exit 0", lines.join("\n"));
    t.match(onlyJson(lines), { ok: true, media: { lost: 0 } });
  });

  await t.test("einwahl runs with this configuration", async (t) => {
    await world.stopEinwahl();
    const folder = await scratchFolder(t, "running");
    const settings = { ...bench.settings, rooms: { store: join(folder, "data") } };
    await writeFile(join(folder, "running.yaml"), JSON.stringify({ ...settings, logging: onStandardOutput }));
    const running = new CommandLine(t, ["run", "--config", "running.yaml"], folder);
    await running.program.line("einwahl runs", /einwahl is running/);

    await t.test("its port and its store are not reported as faults, and its status is queried", async (t) => {
      const { code, findings } = await bench.check(t, settings);
      t.strictSame(
        findings.filter(({ severity }) => severity !== "ok"),
        [],
      );
      t.equal(code, 0);
      t.match(
        findings.find(({ path }) => path === "einwahl"),
        { message: /is running/ },
      );
      t.match(
        findings.find(({ path }) => path === "http.port"),
        { message: /einwahl responds on/ },
      );
      t.match(
        findings.find(({ path }) => path === "rooms.store"),
        { message: /in use by the running einwahl/ },
      );
    });

    await t.test("it refuses new calls", async (t) => {
      const drained = await new CommandLine(
        t,
        ["drain", "--within", "0s", "--config", "running.yaml"],
        folder,
      ).outcome();
      t.equal(drained.code, "exit 0", drained.lines.join("\n"));
      await bench.finds(t, {
        name: "",
        break: () => settings,
        finds: [{ severity: "error", path: "einwahl", message: /accepts no new calls/, cure: /drain --undo/ }],
      });
    });
    t.equal(await running.program.stop(), "exit 0");
  });

  await t.test(
    "the trunk's password is wrong, as the running einwahl knows",
    { skip: missingPrograms("kamailio") },
    async (t) => {
      await world.stopEinwahl();
      const carrier = await Kamailio.start(t, { certificates: world.certificates });
      const folder = await scratchFolder(t, "running");
      await mkdir(join(folder, "data"));
      const settings = {
        ...withEntry(bench.settings, "trunks", 0, {
          provider: "easybell",
          sources: undefined,
          registrar: { host, port: carrier.registrarPort, transport: "tls" },
          username: carrier.username,
          password: wrong,
          contact: { host, port: world.engines.sip.tls },
          ca: world.certificates.ca,
        }),
        rooms: { store: join(folder, "data") },
      };
      await writeFile(join(folder, "running.yaml"), JSON.stringify({ ...settings, logging: onStandardOutput }));
      const running = new CommandLine(t, ["run", "--config", "running.yaml"], folder);
      await running.program.line("the trunk is refused", /trunk not registered/);
      await running.program.line("einwahl runs", /einwahl is running/);
      await bench.finds(t, {
        name: "",
        break: () => settings,
        finds: [
          { severity: "error", path: "trunks[0]", message: /^line: no calls arrive/, cure: /user name, password/ },
          unverified,
        ],
        secrets: [wrong],
      });
      t.equal(await running.program.stop(), "exit 0");
    },
  );
});
