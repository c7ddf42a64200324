import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";

import t from "tap";

import { EventSocket } from "../../src/media/event-socket.js";
import { type Certificates, makeCertificates } from "../../src/simulators/certificates.js";
import { TestPhone } from "../../src/softphone/test-phone.js";
import { systemClock } from "../../src/util/clock.js";
import type { Owner } from "../e2e/support/owner.js";
import { soundsDirectory } from "../e2e/support/world.js";
import { missingEngines } from "./programs.js";
import { type RealEngines, startRealEngines } from "./real-engines.js";

const answerMs = 3_000;

/** Port of a sofia profile. */
async function portOf(engines: RealEngines, profile: string): Promise<number> {
  const status = await engines.media.api("sofia status");
  return Number(new RegExp(`^\\s*${profile}\\s.*@127\\.0\\.0\\.1:(\\d+)`, "m").exec(status)?.[1] ?? Number.NaN);
}

/** The bytes that FreeSWITCH sends to a BBB server with this certificate; none if it does not trust it. */
async function sentTo(
  owner: Owner,
  engines: RealEngines,
  { key, cert }: { readonly key: string; readonly cert: string },
  maxVersion: "TLSv1.1" | "TLSv1.3" = "TLSv1.3",
): Promise<string> {
  let received = "";
  const sockets = new Set<TLSSocket>();
  const old = maxVersion === "TLSv1.1" ? { ciphers: "DEFAULT@SECLEVEL=0", minVersion: maxVersion } : {};
  const server = createServer({ key, cert, maxVersion, ...old }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data: Buffer) => {
      received += data.toString("latin1");
    });
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  owner.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const variables =
    "originate_timeout=1,rtp_secure_media_outbound=mandatory,origination_caller_id_name=5678,origination_caller_id_number=abc";
  const outcome = await engines.media.api(
    `originate {${variables}}sofia/bbb/12345@127.0.0.1:${port};transport=tls &park`,
  );
  if (!outcome.startsWith("-ERR")) throw new Error(outcome);
  return received;
}

await t.test("the media server", { skip: missingEngines() ?? false, timeout: 120_000 }, async (t) => {
  const certificates: Certificates = await makeCertificates();
  const engines = await startRealEngines(certificates, soundsDirectory);
  t.teardown(() => engines.close());

  await t.test("demands the correct password", async (t) => {
    const { host, port } = engines.eventSocket;
    const guess = new EventSocket({ host, port, password: "ClueCon", clock: systemClock });
    t.strictSame(await guess.api("status", answerMs), { ok: false, failure: "no-answer" });
    guess.close();
  });

  await t.test("accepts calls from drachtio-fsmrf only", async (t) => {
    const phone = await TestPhone.open({ transport: "udp", userAgent: "friendly-scanner" });
    t.teardown(() => phone.close());
    const call = await phone.dial({
      uri: `sip:drachtio@127.0.0.1:${await portOf(engines, "drachtio_mrf")}`,
      number: "1000",
      srtp: "none",
    });
    t.match(await call.answered, { ok: false, failure: { status: 404 } });
  });

  await t.test("accepts no calls on the profile for the BBB servers", async (t) => {
    const phone = await TestPhone.open({ transport: "tls", tls: { ca: certificates.ca } });
    t.teardown(() => phone.close());
    const call = await phone.dial({
      uri: `sip:12345@127.0.0.1:${await portOf(engines, "bbb")};transport=tls`,
      number: "1000",
    });
    t.match(await call.answered, { ok: false, failure: { status: 403 } });
  });

  await t.test("calls a trusted BBB server, with SRTP and without data of the caller", async (t) => {
    const sent = await sentTo(t, engines, certificates);
    t.match(sent, /^INVITE sip:12345@127\.0\.0\.1/);
    t.match(sent, /^From: "5678" <sip:abc@127\.0\.0\.1>/m);
    t.match(sent, /^m=audio \d+ RTP\/SAVP /m);
    t.strictSame(
      [...sent.matchAll(/^a=crypto:\d+ (\S+) /gm)].map(([, suite]) => suite),
      ["AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"],
    );
  });

  await t.test("sends nothing to an untrusted one", async (t) => {
    t.equal(await sentTo(t, engines, await makeCertificates()), "", "whose certificate comes from elsewhere");
    t.equal(await sentTo(t, engines, certificates, "TLSv1.1"), "", "that knows TLS 1.1 only");
  });

  await t.test("logs the reason, without number or PIN", (t) => {
    const log = engines.freeswitch.tail();
    t.match(log, /unable to get local issuer certificate/);
    t.notMatch(log, /12345|5678/);
    t.end();
  });
});

await t.test(
  "a trusted authority's certificate for another host is not enough",
  { skip: missingEngines() ?? false, timeout: 120_000 },
  async (t) => {
    const { ca, key, cert } = await makeCertificates({ names: ["elsewhere.example.org"] });
    const engines = await startRealEngines({ ca, key, cert }, soundsDirectory);
    t.teardown(() => engines.close());
    t.equal(await sentTo(t, engines, { key, cert }), "");
    t.match(engines.freeswitch.tail(), /Peer Subject Mismatch/);
  },
);
