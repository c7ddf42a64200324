import { cp, rm } from "node:fs/promises";
import { join } from "node:path";

import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import { EmbeddedDrachtio, type EmbeddedDrachtioOptions } from "../../src/simulators/drachtio/embedded-drachtio.js";
import {
  EmbeddedFreeSwitch,
  type EmbeddedFreeSwitchOptions,
} from "../../src/simulators/freeswitch/embedded-freeswitch.js";
import { type Broken, CheckBench, titleOf, withEntry, withSection } from "./support/check-bench.js";
import type { Owner } from "./support/owner.js";
import { freePort } from "./support/ports.js";
import { scratchFolder } from "./support/scratch.js";
import { type Settings, soundsDirectory } from "./support/world.js";

const host = "127.0.0.1";
const wrong = "not-the-right-one";

/** A faulty drachtio; the settings point to it. */
async function drachtio(
  owner: Owner,
  settings: Settings,
  options: Partial<EmbeddedDrachtioOptions>,
): Promise<Settings> {
  const { key, cert, ca } = await makeCertificates();
  const secret = "test-drachtio";
  const server = await EmbeddedDrachtio.start({
    control: { address: host, port: 0, secret },
    sip: [{ transport: "tls", address: host, port: 0 }],
    tls: { key, cert, ca },
    ...options,
  });
  owner.teardown(() => server.close());
  return { ...settings, drachtio: { host, port: server.controlPort, secret } };
}

/** A media server with a faulty dialplan; the settings point to it. */
async function freeswitch(
  owner: Owner,
  settings: Settings,
  options: Partial<EmbeddedFreeSwitchOptions>,
): Promise<Settings> {
  const password = "test-event-socket";
  const server = await EmbeddedFreeSwitch.start({
    eventSocket: { address: host, port: 0, password },
    sip: { address: host, port: 0 },
    rtp: { address: host },
    tls: {},
    soundsDir: soundsDirectory,
    ...options,
  });
  owner.teardown(() => server.close());
  return withEventSocket(settings, { port: server.eventSocketPort, password });
}

function withEventSocket(settings: Settings, change: Settings): Settings {
  const [server] = settings["media_servers"] as readonly Settings[];
  return withEntry(settings, "media_servers", 0, {
    event_socket: { ...(server?.["event_socket"] as Settings), ...change },
  });
}

await t.test("einwahl check: the file, drachtio and the media server", async (t) => {
  const bench = await CheckBench.start(t);
  const apiPort = Number(new URL(bench.world.bbbs[0].apiUrl).port);

  await t.test("a working installation: no fault is reported", async (t) => {
    const before = await bench.world.counts();
    const { code, findings } = await bench.check(t, bench.settings, { env: {} });
    t.strictSame(
      findings.filter(({ severity }) => severity !== "ok"),
      [],
    );
    t.equal(code, 0);
    for (const path of [
      "drachtio",
      "media_servers[0]",
      "prompts.directory",
      "bbb_servers[0].api_url",
      "bbb_servers[1].sip",
      "http.port",
      "rooms.store",
    ]) {
      t.ok(
        findings.some((finding) => finding.path === path && finding.severity === "ok"),
        `${path} was checked`,
      );
    }
    t.strictSame(await bench.world.leftBehind(before), {}, "nothing is left anywhere");
  });

  const cases: readonly Broken[] = [
    {
      name: "drachtio is down",
      break: async (settings) => withSection(settings, "drachtio", { port: await freePort() }),
      finds: [
        {
          severity: "error",
          path: "drachtio",
          message: /nothing listens on that port \(ECONNREFUSED\)/,
          cure: /start drachtio-server/,
        },
      ],
    },
    {
      name: "drachtio's secret is wrong",
      break: (settings) => withSection(settings, "drachtio", { secret: wrong }),
      finds: [{ severity: "error", path: "drachtio.secret", message: /rejects the secret/, cure: /admin element/ }],
      secrets: [wrong],
    },
    {
      name: "another program uses drachtio's port",
      break: (settings) => withSection(settings, "drachtio", { port: apiPort }),
      finds: [
        { severity: "error", path: "drachtio.port", message: /does not respond like drachtio-server/, cure: /9022/ },
      ],
    },
    {
      name: "drachtio's version is untested",
      break: (settings, owner) => drachtio(owner, settings, { version: "v0.8.25" }),
      finds: [
        {
          severity: "warning",
          path: "drachtio",
          message: /not tested with drachtio 0\.8\.25/,
          cure: /use drachtio 0\.9\.10/,
        },
        { severity: "warning", path: "drachtio", message: /CA is unknown/, cure: /--ca FILE/ },
      ],
    },
    {
      name: "drachtio's certificate has expired",
      break: async (settings, owner) =>
        drachtio(owner, settings, { tls: await makeCertificates({ fromDays: -90, toDays: -3 }) }),
      finds: [{ severity: "error", path: "drachtio", message: /certificate expired on 2/, cure: /restart drachtio/ }],
    },
    {
      name: "drachtio has no TLS listener, but the trunk calls over TLS only",
      break: (settings, owner) => drachtio(owner, settings, { sip: [{ transport: "udp", address: host, port: 0 }] }),
      finds: [
        {
          severity: "error",
          path: "drachtio",
          message: /has no TLS listener, but calls of line/,
          cure: /transport=tls/,
        },
      ],
    },
    {
      name: "drachtio demands a certificate of every peer, but the trunk and synthetic calls have none",
      break: async (settings, owner) => {
        const certificates = await makeCertificates();
        await bench.trust(certificates.ca);
        return {
          ...(await drachtio(owner, settings, { tls: { ...certificates, verifyPeers: true } })),
          synthetic_call: { enabled: true },
        };
      },
      finds: [
        {
          severity: "warning",
          path: "drachtio",
          message: /requires a certificate from every client, so the provider of line/,
          cure: /unset EINWAHL_TRUNK_CA/,
        },
        {
          severity: "warning",
          path: "synthetic_call",
          message: /drachtio refuses synthetic calls/,
          cure: /synthetic_call\.trunk/,
        },
      ],
    },
    {
      name: "the log has no retention limit",
      break: (settings) => ({ ...settings, logging: {} }),
      finds: [{ severity: "warning", path: "logging.file", message: /is not set/, cure: /MaxRetentionSec=7day/ }],
    },
    {
      name: "FreeSWITCH is down",
      break: async (settings) => withEventSocket(settings, { port: await freePort() }),
      finds: [
        {
          severity: "error",
          path: "media_servers[0].event_socket",
          message: /nothing listens on that port/,
          cure: /start FreeSWITCH/,
        },
      ],
    },
    {
      name: "the event socket's password is wrong",
      break: (settings) => withEventSocket(settings, { password: wrong }),
      finds: [
        {
          severity: "error",
          path: "media_servers[0].event_socket.password",
          message: /rejects the password/,
          cure: /event_socket\.conf\.xml/,
        },
      ],
      secrets: [wrong],
    },
    {
      name: "another program uses the event socket's port",
      break: (settings) => withEventSocket(settings, { port: bench.world.engines.control.port }),
      finds: [
        {
          severity: "error",
          path: "media_servers[0].event_socket.port",
          message: /does not respond like FreeSWITCH/,
          cure: /8021/,
        },
      ],
    },
    {
      name: "FreeSWITCH runs no profile of the configured name",
      break: (settings) => withEntry(settings, "media_servers", 0, { sip_profile: "internal" }),
      finds: [
        {
          severity: "error",
          path: "media_servers[0].sip_profile",
          message: /no running sofia profile internal/,
          cure: /sip_profiles/,
        },
      ],
    },
    {
      name: "FreeSWITCH's dialplan expects another key",
      break: (settings, owner) => freeswitch(owner, settings, { key: "0".repeat(64) }),
      finds: [
        {
          severity: "error",
          path: "media_servers[0]",
          message: /the key .* does not match the password: it refuses every call/,
          cure: /freeswitch\/start\.sh/,
        },
      ],
      secrets: ["0".repeat(64)],
    },
    {
      name: "FreeSWITCH's dialplan is of an older einwahl and checks no key",
      break: (settings, owner) => freeswitch(owner, settings, { key: "" }),
      finds: [
        {
          severity: "warning",
          path: "media_servers[0]",
          message: /older einwahl: any INVITE .* without a password/,
          cure: /freeswitch\/conf/,
        },
      ],
    },
    {
      name: "FreeSWITCH has the version 1.11.2, on which calls hang",
      break: (settings, owner) => freeswitch(owner, settings, { version: "1.11.2-embedded" }),
      finds: [
        {
          severity: "error",
          path: "media_servers[0]",
          message: /FreeSWITCH 1\.11\.2 must not be used: a call hangs/,
          cure: /use FreeSWITCH 1\.10\.12/,
        },
      ],
    },
    {
      name: "FreeSWITCH may not connect to this host",
      break: (settings, owner) => freeswitch(owner, settings, { controlHosts: ["127.0.0.10", "einwahl.example.org"] }),
      finds: [
        {
          severity: "error",
          path: "media_servers[0].advertised_address",
          message: /not connect to applications at 127\.0\.0\.1: it refuses every call/,
          cure: /EINWAHL_FS_CONTROL_HOSTS="127\.0\.0\.1"/,
        },
      ],
    },
    {
      name: "the address for FreeSWITCH's connections belongs to another machine",
      break: (settings) => withEntry(settings, "media_servers", 0, { listen_address: "192.0.2.1" }),
      finds: [
        {
          severity: "error",
          path: "media_servers[0].listen_address",
          message: /EADDRNOTAVAIL/,
          cure: /address of this machine/,
        },
      ],
    },
    {
      name: "FreeSWITCH has fewer than two channels per call",
      break: (settings) => withEntry(settings, "media_servers", 0, { capacity: 9_000 }),
      finds: [
        {
          severity: "warning",
          path: "media_servers[0].capacity",
          message: /fewer than two for each of 9000 calls/,
          cure: /EINWAHL_MAX_CALLS/,
        },
      ],
    },
    {
      name: "one recording of one language is missing",
      break: async (settings, owner) => {
        const folder = await scratchFolder(owner, "prompts");
        await cp(soundsDirectory, folder, { recursive: true });
        await rm(join(folder, "en", "enter-pin.wav"));
        return { ...settings, prompts: { directory: folder } };
      },
      finds: [
        {
          severity: "error",
          path: "prompts.directory",
          message: /lacks 1 of 71 recordings: en\/enter-pin\.wav/,
          cure: /freeswitch\/sounds/,
        },
      ],
    },
    {
      name: "all recordings are missing",
      break: (settings) => ({ ...settings, prompts: { directory: "/usr/share/einwahl/nowhere" } }),
      finds: [
        {
          severity: "error",
          path: "prompts.directory",
          message: /finds no recording in/,
          cure: /directory's path on the media server/,
        },
      ],
    },
    {
      name: "max_concurrent exceeds the capacity of the media servers",
      break: (settings) => withSection(settings, "calls", { max_concurrent: 250 }),
      finds: [
        {
          severity: "warning",
          path: "calls.max_concurrent",
          message: /is 250, but the media servers have capacity for 100/,
          cure: /capacity/,
        },
      ],
    },
    {
      name: "allow_unencrypted is set for a trunk",
      break: (settings) => withEntry(settings, "trunks", 0, { allow_unencrypted: true }),
      finds: [
        {
          severity: "warning",
          path: "trunks[0].allow_unencrypted",
          message: /without TLS and SRTP/,
          cure: /remove allow_unencrypted/,
        },
      ],
    },
    {
      name: "an unknown setting",
      break: (settings) => ({ ...settings, bbb_server: [] }),
      finds: [{ severity: "error", path: "bbb_server", message: /is an unknown setting/, cure: /bbb_servers/ }],
      code: 78,
    },
    {
      name: "a secret's environment variable is not set",
      break: (settings) => withSection(settings, "drachtio", { secret: "${EINWAHL_TEST_UNSET}" }),
      finds: [{ severity: "error", path: "drachtio.secret", message: /EINWAHL_TEST_UNSET/, cure: /./ }],
      code: 78,
    },
    {
      name: "log retention of 30 days, and FreeSWITCH's stock password",
      break: (settings) => ({ ...withEventSocket(settings, { password: "ClueCon" }), logging: { retention_days: 30 } }),
      finds: [
        {
          severity: "error",
          path: "media_servers[0].event_socket.password",
          message: /is FreeSWITCH's stock password/,
          cure: /event_socket\.conf\.xml/,
        },
        { severity: "error", path: "logging.retention_days", message: /from 1 to 7/, cure: /./ },
      ],
      code: 78,
    },
  ];
  for (const broken of cases) await t.test(titleOf(broken), (t) => bench.finds(t, broken));

  await t.test("a file that is not YAML: exit status 78", async (t) => {
    const { code, findings } = await bench.check(t, "drachtio: {secret: x\ntrunks: [");
    t.equal(code, 78);
    t.match(findings[0], { severity: "error", path: /line/, cure: /./ });
  });
});
