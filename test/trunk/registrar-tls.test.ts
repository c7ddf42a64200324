import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

import t, { type Test } from "tap";

import { type CertificateOptions, type Certificates, makeCertificates } from "../../src/simulators/certificates.js";
import { certificateVerifier } from "../../src/trunk/registrar-tls.js";
import { systemClock } from "../../src/util/clock.js";
import { sleep } from "../../src/util/wait.js";
import { FakeClock, settle } from "../support/fake-clock.js";

const host = "registrar.example";

interface Peer {
  readonly port: number;
  /** Names that clients sent in SNI. */
  readonly names: (string | undefined)[];
  readonly open: Set<Socket>;
}

async function listening(t: Test, server: Server): Promise<Peer> {
  const peer: Peer = { port: 0, names: [], open: new Set() };
  server.on("connection", (socket) => {
    peer.open.add(socket);
    socket
      .resume()
      .on("error", () => undefined)
      .on("close", () => peer.open.delete(socket));
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    for (const socket of peer.open) socket.destroy();
    server.close();
  });
  return Object.assign(peer, { port: (server.address() as AddressInfo).port });
}

async function registrar(t: Test, { key, cert }: Certificates): Promise<Peer> {
  const names: (string | undefined)[] = [];
  const server = createTlsServer({ key, cert }, (socket) => {
    names.push(typeof socket.servername === "string" ? socket.servername : undefined);
  });
  return Object.assign(await listening(t, server), { names });
}

async function certificates(options: CertificateOptions = { names: [host] }): Promise<Certificates> {
  return await makeCertificates(options);
}

async function gone({ open }: Peer): Promise<boolean> {
  for (let looks = 0; looks < 100 && open.size > 0; looks += 1) await sleep(systemClock, 20);
  return open.size === 0;
}

await t.test("the registrar is verified with SNI, and no connection stays open", async (t) => {
  const made = await certificates();
  const peer = await registrar(t, made);
  const verify = certificateVerifier({ name: host, ca: made.ca }, systemClock);
  t.match(await verify({ address: "127.0.0.1", port: peer.port }, 5_000), { ok: true });
  t.ok(await gone(peer));
  t.strictSame(peer.names, [host]);
});

await t.test("a certificate for an IP address", async (t) => {
  const made = await makeCertificates();
  const peer = await registrar(t, made);
  t.match(
    await certificateVerifier({ name: "127.0.0.1", ca: made.ca }, systemClock)(
      { address: "127.0.0.1", port: peer.port },
      5_000,
    ),
    { ok: true },
  );
  t.match(
    await certificateVerifier({ name: "127.0.0.2", ca: made.ca }, systemClock)(
      { address: "127.0.0.1", port: peer.port },
      5_000,
    ),
    { ok: false },
    "another address as the name, in spite of the right one in the certificate",
  );
});

await t.test("wrong name, expired, unknown authority, no TLS: untrusted, with the reason", async (t) => {
  const other = await certificates({ names: ["impostor.example"] });
  const expired = await certificates({ names: [host], fromDays: -90, toDays: -1 });
  const early = await certificates({ names: [host], fromDays: 2, toDays: 30 });
  const good = await certificates();
  const stranger = await certificates();
  for (const [what, made, ca, reason] of [
    [
      "certificate for another name",
      other,
      other.ca,
      /certificate is for another name \(ERR_TLS_CERT_ALTNAME_INVALID\)/,
    ],
    ["expired certificate", expired, expired.ca, /has expired \(CERT_HAS_EXPIRED\)/],
    ["certificate that is not valid yet", early, early.ca, /not valid yet \(CERT_NOT_YET_VALID\)/],
    [
      "certificate of another authority",
      good,
      stranger.ca,
      /authority is not known here \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/,
    ],
    [
      "certificate of an authority outside Node's list",
      good,
      undefined,
      /authority is not known here \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/,
    ],
  ] as const) {
    const peer = await registrar(t, made);
    const verified = await certificateVerifier({ name: host, ca }, systemClock)(
      { address: "127.0.0.1", port: peer.port },
      5_000,
    );
    t.match(verified, { ok: false, failure: { kind: "untrusted", why: reason } }, `${what}: untrusted`);
    t.match(verified, {
      failure: {
        why: new RegExp(
          `^not sent to 127\\.0\\.0\\.1:${peer.port}, which has no valid certificate for registrar\\.example: `,
        ),
      },
    });
    t.ok(await gone(peer));
  }
  const plain = await listening(
    t,
    createServer((socket) => socket.on("data", () => socket.write("SIP/2.0 200 OK\r\n\r\n"))),
  );
  t.match(
    await certificateVerifier({ name: host, ca: good.ca }, systemClock)(
      { address: "127.0.0.1", port: plain.port },
      5_000,
    ),
    { failure: { kind: "untrusted", why: /does not speak TLS/ } },
  );
});

await t.test("NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing", async (t) => {
  const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  t.teardown(() => {
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
  });
  const peer = await registrar(t, await certificates());
  t.match(
    await certificateVerifier({ name: host, ca: undefined }, systemClock)(
      { address: "127.0.0.1", port: peer.port },
      5_000,
    ),
    { failure: { kind: "untrusted" } },
  );
});

await t.test("refused, closed and silent connections: unreachable, in bounded time", async (t) => {
  const made = await certificates();
  const closing = await listening(
    t,
    createServer((socket) => socket.destroy()),
  );
  const peer = await listening(t, createServer());
  const unused = await listening(t, createServer());
  const verify = certificateVerifier({ name: host, ca: made.ca }, systemClock);
  t.match(await verify({ address: "127.0.0.1", port: closing.port }, 5_000), {
    failure: { kind: "unreachable", why: /ECONNRESET/ },
  });
  t.match(await verify({ address: "127.0.0.2", port: unused.port }, 5_000), {
    failure: { kind: "unreachable", why: /ECONNREFUSED/ },
  });
  const clock = new FakeClock();
  const waiting = certificateVerifier({ name: host, ca: made.ca }, clock)(
    { address: "127.0.0.1", port: peer.port },
    2_000,
  );
  for (let looks = 0; looks < 100 && peer.open.size === 0; looks += 1) await settle();
  await clock.advance(2_000);
  t.match(await waiting, { failure: { kind: "unreachable", why: /does not answer \(connect timeout\)/ } });
  t.equal(clock.pending, 0);
  t.ok(await gone(peer), "the connection is closed");
});
