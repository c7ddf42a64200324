import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { connect as tlsConnect } from "node:tls";
import { fileURLToPath } from "node:url";

import t from "tap";

import { makeCertificates } from "../../src/simulators/certificates.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import type { SrtpPolicy } from "../../src/softphone/rtp/media-session.js";
import { TestPhone } from "../../src/softphone/test-phone.js";
import type { Owner } from "../e2e/support/owner.js";
import { scratchFolder } from "../e2e/support/scratch.js";
import { trialCall } from "../support/trial-call.js";
import { BbbLike } from "./bbb-like.js";
import { missingEngines } from "./programs.js";

const skip = missingEngines() ?? false;
const caller = "4711";

interface Attempt {
  readonly number: string;
  readonly transport: "tls" | "tcp" | "udp";
  readonly srtp?: SrtpPolicy;
  /** Display name; default a label as einwahl makes it. */
  readonly name?: string;
}

async function dial(
  owner: Owner,
  node: BbbLike,
  ca: string,
  { number, transport, srtp = "mandatory", name = "4711" }: Attempt,
): Promise<PhoneCall> {
  const phone = await TestPhone.open({ transport, ...(transport === "tls" ? { tls: { ca } } : {}) });
  owner.teardown(() => phone.close());
  const port = transport === "tls" ? node.sipPort : node.plainSipPort;
  return await phone.dial({
    uri: `sip:${number}@127.0.0.1:${port};transport=${transport}`,
    number: caller,
    display: name,
    srtp,
  });
}

/** Calls the BBB server directly, as any host on the network could; returns 200 or the refusal. */
async function call(owner: Owner, node: BbbLike, ca: string, attempt: Attempt): Promise<number> {
  const dialled = await dial(owner, node, ca, attempt);
  const answered = await dialled.answered;
  if (!answered.ok) return answered.failure.status;
  await dialled.hangUp();
  return 200;
}

/** @param version the only TLS version of the client */
async function shakesHands(node: BbbLike, ca: string, version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3"): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    // OpenSSL refuses the old version unless it is enabled explicitly.
    const ciphers = version === "TLSv1.1" ? { ciphers: "DEFAULT@SECLEVEL=0" } : {};
    const socket = tlsConnect({
      host: "127.0.0.1",
      port: node.sipPort,
      ca,
      minVersion: version,
      maxVersion: version,
      ...ciphers,
    });
    socket.once("secureConnect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}

const script = fileURLToPath(new URL("../../../freeswitch/bbb-node/check.sh", import.meta.url));

/** Result of check.sh: its exit status and the lines of each kind. */
async function check(
  owner: Owner,
  node: BbbLike,
  ca: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly good: readonly string[]; readonly bad: readonly string[] }> {
  const caFile = join(await scratchFolder(owner, "check"), "ca.pem");
  await writeFile(caFile, ca);
  return await new Promise((resolve) => {
    const child = execFile(
      script,
      ["127.0.0.1", String(node.sipPort), caFile],
      { env: { ...process.env, ...env } },
      (_error, stdout) => {
        const lines = (kind: string): string[] => stdout.split("\n").filter((line) => line.startsWith(kind));
        resolve({ code: child.exitCode ?? -1, good: lines("ok"), bad: lines("FAULT") });
      },
    );
  });
}

await t.test("the files that an operator installs on a BBB server", { skip, timeout: 120_000 }, async (t) => {
  const certificates = await makeCertificates();
  const { ca } = certificates;
  const node = await BbbLike.start({ name: "node", certificates });
  t.teardown(() => node.close());

  for (const number of ["12345", "04711", "12345678901"]) {
    t.equal(await call(t, node, ca, { number, transport: "tls" }), 200, `the gateway reaches conference ${number}`);
  }
  for (const number of ["1234", "123456789012", "1234a", "echo"]) {
    t.equal(await call(t, node, ca, { number, transport: "tls" }), 480, `but not ${number}`);
  }
  t.equal(await call(t, node, ca, { number: "12345", transport: "tls", srtp: "none" }), 488, "nor any without SRTP");
  t.equal(await call(t, node, ca, { number: "12345", transport: "tcp" }), 480, "nor over plain TCP");
  t.equal(await call(t, node, ca, { number: "12345", transport: "udp" }), 480, "nor over UDP");
  t.equal(
    await call(t, node, ca, { number: "livekit-12345", transport: "tls" }),
    404,
    "a LiveKit room: the server has no LiveKit",
  );
  t.equal(
    await call(t, node, ca, { number: "livekit-12345", transport: "tls", srtp: "none" }),
    488,
    "calls without SRTP are refused",
  );
  t.equal(await call(t, node, ca, { number: "livekit-12345", transport: "tcp" }), 480, "nor over plain TCP");
  t.equal(await call(t, node, ca, { number: "livekit-1234", transport: "tls" }), 480, "nor another destination");

  const ghost = await dial(t, node, ca, { number: "12345", transport: "tls" });
  t.match(await ghost.answered, { ok: true });
  await setTimeout(1_000);
  t.equal((await node.members("12345")).length, 1);
  ghost.stopRtp();
  const silentAt = performance.now();
  const ended = await ghost.ended;
  const silentMs = Math.round(performance.now() - silentAt);
  t.match(ended, { by: "remote" }, `a gateway that is gone leaves no member: ${silentMs} ms`);
  t.ok(silentMs > 8_000 && silentMs < 11_500, String(silentMs));

  for (const [version, works] of [
    ["TLSv1.1", false],
    ["TLSv1.2", true],
    ["TLSv1.3", true],
  ] as const) {
    t.equal(await shakesHands(node, ca, version), works, version);
  }
  const found = await check(t, node, ca);
  t.match(found, { code: 0, bad: [] }, "check.sh finds nothing wrong");
  t.equal(found.good.length, 7);
  for (const [sip, code, bad] of [
    ["    dispatch:\n      options:\n        hidePhoneNumber: true   # the last four digits\n", 0, []],
    ["    enabled: false\n    requirePin: true\n", 1, [/hidePhoneNumber/, /livekit\.sip\.enabled/, /requirePin/]],
  ] as const) {
    const etc = await scratchFolder(t, "etc");
    await mkdir(join(etc, "bbb-webrtc-sfu"));
    await writeFile(
      join(etc, "bbb-webrtc-sfu", "production.yml"),
      `log:\n  level: info\nlivekit:\n  enabled: true\n  sip:\n${sip}`,
    );
    t.match(
      await check(t, node, ca, { EINWAHL_CHECK_ETC: etc }),
      { code, bad },
      "on the server it checks what LiveKit shows of callers",
    );
  }
  const { ca: otherCa } = await makeCertificates();
  t.match(await check(t, node, otherCa), { code: 1, bad: [/not trusted/] }, "an untrusted certificate is reported");
  t.match(await node.socket.api("conference list"), /No active conferences/, "and left nothing open");
});

await t.test(
  "a server that expects another gateway address accepts no calls",
  { skip, timeout: 120_000 },
  async (t) => {
    const certificates = await makeCertificates();
    const node = await BbbLike.start({ name: "elsewhere", certificates, gateway: "192\\.0\\.2\\.10" });
    t.teardown(() => node.close());
    t.equal(
      await call(t, node, certificates.ca, { number: "12345", transport: "tls" }),
      480,
      "as BBB's public.xml ends",
    );
    t.equal(
      await call(t, node, certificates.ca, { number: "livekit-12345", transport: "tls" }),
      480,
      "nor into LiveKit",
    );
    t.match(await check(t, node, certificates.ca), { code: 1, bad: [/not accepted/] }, "as check.sh says");
    t.match(
      await trialCall(node.sipPort),
      { severity: "error", message: /480/, cure: /00_einwahl_gateway\.xml/ },
      "einwahl check reports the same",
    );
  },
);

/** As in bbb-clustersip and Scalelite: every source that reaches the port is accepted. */
const openDialplan = `<include>
  <extension name="open">
    <condition field="destination_number" expression="^\\d{5,11}$">
      <action application="set" data="bbb_authorized=true"/>
      <action application="transfer" data="\${destination_number} XML default"/>
    </condition>
  </extension>
</include>`;

await t.test("the rules of BBB's FreeSWITCH", { skip, timeout: 120_000 }, async (t) => {
  const certificates = await makeCertificates();
  const { ca } = certificates;
  const node = await BbbLike.start({
    name: "rules",
    certificates,
    gateway: "192\\.0\\.2\\.10",
    dialplan: { "05_open.xml": openDialplan },
  });
  t.teardown(() => node.close());
  const here = { number: "12345", transport: "tls" } as const;

  for (const name of ["anonymous", "Unknown", "PRIVATE", "restricted", "Withheld", "0000000000"]) {
    t.equal(await call(t, node, ca, { ...here, name }), 603, `reject_anonymous: ${name}`);
  }
  t.match(
    await trialCall(node.sipPort, { name: "Anonymous" }),
    { severity: "error", message: /603/, cure: /label\.anonymous/ },
    "einwahl check reports the same",
  );

  t.match(
    await trialCall(node.sipPort),
    { severity: "warning", message: /accepts calls without SRTP/ },
    "a dialplan that does not demand SRTP",
  );
  t.match(await check(t, node, ca), { code: 1, bad: [/without SRTP, too/] }, "as check.sh says");
  t.match(await node.socket.api("conference list"), /No active conferences/, "and neither leaves a member");

  const stopped = await dial(t, node, ca, here);
  t.match(await stopped.answered, { ok: true });
  await node.socket.api("fsctl shutdown");
  t.match(await stopped.ended, { by: "remote", reason: /^SIP;cause=701;text="SYSTEM_SHUTDOWN"/ }, "SYSTEM_SHUTDOWN");
});

await t.test("30 sessions a second", { skip, timeout: 120_000 }, async (t) => {
  const certificates = await makeCertificates();
  const node = await BbbLike.start({ name: "busy", certificates });
  t.teardown(() => node.close());
  // One a second: FreeSWITCH also refuses the last session of its limit. A new limit applies from the next second on.
  await node.socket.api("fsctl sps 2");
  await setTimeout(1_200);
  const refused = await Promise.all(
    Array.from({ length: 3 }, async () => await call(t, node, certificates.ca, { number: "12345", transport: "tls" })),
  );
  t.ok(refused.includes(503), `the next one gets 503: ${refused.join(", ")}`);
  await setTimeout(1_200);
  const found = await Promise.all(Array.from({ length: 2 }, async () => await trialCall(node.sipPort)));
  t.match(
    found.map(({ severity }) => severity),
    ["ok", "ok"],
    "einwahl check retries a second later",
  );
});
