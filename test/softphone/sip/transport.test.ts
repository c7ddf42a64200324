import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";

import t from "tap";

import { makeCertificates } from "../../../src/simulators/certificates.js";
import { SipUserAgent } from "../../../src/softphone/sip/index.js";
import { freePort } from "../../e2e/support/ports.js";
import { FakeClock } from "../../support/fake-clock.js";
import { establish, finish, from, listen, pair, until, uriOf } from "./support.js";

const certificates = await makeCertificates();
const server = { key: certificates.key, cert: certificates.cert };
const client = { ca: certificates.ca };

await t.test("TLS: the name and the chain of the server are verified", async (t) => {
  const callee = await listen({ listen: [{ transport: "tls", address: "127.0.0.1", port: 0 }], tls: server });
  const wrongName = await makeCertificates({ names: ["example.org"] });
  const impostor = await listen({
    listen: [{ transport: "tls", address: "127.0.0.1", port: 0 }],
    tls: { key: wrongName.key, cert: wrongName.cert },
  });
  const table: readonly (readonly [string, SipUserAgent, string, { ca?: string; verify?: boolean }, boolean])[] = [
    ["certificate for the name", callee, "localhost", client, true],
    ["certificate for the address", callee, "127.0.0.1", client, true],
    ["certificate of an unknown authority", callee, "localhost", {}, false],
    ["certificate for another name", impostor, "localhost", { ca: wrongName.ca }, false],
    ["certificate for another name, verification off", impostor, "localhost", { verify: false }, true],
  ];
  for (const [name, callTo, host, tls, works] of table) {
    const caller = await listen({ listen: [], tls });
    const result = await caller.request({ method: "OPTIONS", uri: uriOf(callTo, "bob", host) });
    t.equal(result.ok, works, `${name}: ${works ? "connected" : "refused"}`);
    if (!result.ok) t.match(result.failure, { status: 503, reason: /CERT|ALTNAME|SIGNATURE/ }, name);
    const call = await caller.invite({ uri: uriOf(callTo, "bob", host), from: from }).result;
    t.equal(call.ok ? 200 : call.failure.status, works ? 480 : 503, name);
    await caller.close();
  }
  await callee.close();
  await impostor.close();
});

await t.test(
  "an element calls only over address families that it listens on; without listeners over any",
  async (t) => {
    const callee = await listen({ listen: [{ transport: "tcp", address: "::1", port: 0 }] });
    const uri = uriOf(callee, "bob", "[::1]");
    for (const [address, works] of [
      ["127.0.0.1", false],
      ["::1", true],
      [undefined, true],
    ] as const) {
      const caller = await listen({ listen: address === undefined ? [] : [{ transport: "tcp", address, port: 0 }] });
      const result = await caller.request({ method: "OPTIONS", uri });
      t.equal(result.ok, works, address ?? "none");
      if (!result.ok) t.match(result.failure, { status: 503, reason: "no transport of that address family" });
      await caller.close();
    }
    await callee.close();
  },
);

await t.test("one connection serves both directions and is reused; a broken one is reopened", async (t) => {
  const both = await pair("tcp");
  const first = await establish(both);
  const second = await establish(both);
  t.equal(both.caller.counts().connections, 1);
  t.equal(both.callee.counts().connections, 1);
  await first.theirs.bye();
  t.same(await first.ours.ended, { by: "remote" });
  const { port } = both.callee.addresses[0] ?? { port: 0 };
  await both.callee.close();
  t.same(await second.theirs.ended, { by: "lost" });
  await until(() => both.caller.counts().connections === 0, "connection gone");
  const callee = await listen({ listen: [{ transport: "tcp", address: "127.0.0.1", port }] });
  t.equal(
    await second.ours.bye().then(() => second.ours.ended.then(({ by }) => by)),
    "local",
    "a BYE to the one that forgot",
  );
  const third = await establish({ ...both, callee });
  t.equal(both.caller.counts().connections, 1);
  await third.ours.bye();
  await finish(t, { ...both, callee });
});

await t.test("`;alias`: a request to the peer's listening address uses its inbound connection", async (t) => {
  const listening = { listen: [{ transport: "tcp", address: "127.0.0.1", port: 0 }] } as const;
  const [one, other] = [await listen(listening), await listen(listening)];
  t.match(await one.request({ method: "OPTIONS", uri: uriOf(other) }), { ok: true, value: { status: 200 } });
  t.match(await other.request({ method: "OPTIONS", uri: uriOf(one) }), { ok: true, value: { status: 200 } });
  t.same([one.counts().connections, other.counts().connections], [1, 1]);
  await one.close();
  await other.close();
});

await t.test("unreachable peer: 503 over TCP, 408 over UDP; closing a user agent fails pending requests", async (t) => {
  // A port that was closed may be another test's by now.
  const uri = `sip:bob@127.0.0.1:${await freePort()};transport=tcp`;
  const caller = await listen();
  t.teardown(() => caller.close());
  t.match(await caller.invite({ uri, from: from }).result, {
    ok: false,
    failure: { status: 503, reason: "ECONNREFUSED" },
  });
  t.match(await caller.request({ method: "OPTIONS", uri: uri.replace("tcp", "udp") }), {
    ok: false,
    failure: { status: 408 },
  });
  t.match(await caller.request({ method: "OPTIONS", uri: "mailto:x" }), { ok: false, failure: { status: 503 } });
  const waiting = caller.request({ method: "OPTIONS", uri: uri.replace("tcp", "udp") });
  await until(() => caller.counts().transactions === 1, "sent");
  await caller.close();
  t.match(await waiting, { ok: false, failure: { status: 503 } });
  t.match(await caller.request({ method: "OPTIONS", uri }), { ok: false, failure: { status: 503 } });
});

await t.test("hostile peers: pings are answered, invalid data is dropped, silent connections are closed", async (t) => {
  const clock = new FakeClock();
  const agent = await SipUserAgent.listen({
    listen: [
      { transport: "tcp", address: "127.0.0.1", port: 0 },
      { transport: "udp", address: "127.0.0.1", port: 0 },
    ],
    userAgent: "test",
    clock,
  });
  const [tcp, udp] = agent.addresses;
  const open = async (): Promise<ReturnType<typeof connect>> => {
    const socket = connect(tcp?.port ?? 0, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
  const pinging = await open();
  pinging.write("\r\n\r\n");
  const [pong] = (await once(pinging, "data")) as [Buffer];
  t.equal(pong.toString(), "\r\n");
  const unreadable = await open();
  unreadable.write(
    "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: nobody\r\nTo: <sip:x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
  );
  const [refusal] = (await once(unreadable, "data")) as [Buffer];
  t.match(refusal.toString(), /^SIP\/2\.0 400 /);
  // As sofia-sip does after a malformed mandatory header.
  await once(unreadable, "close");
  const rubbish = await open();
  rubbish.on("error", () => undefined);
  rubbish.write("GET / HTTP/1.1\r\n\r\n");
  await once(rubbish, "close");
  const silent = await open();
  await until(() => agent.counts().connections === 2, "both counted");
  clock.advanceSync(32_000);
  silent.resume();
  await once(silent, "close");
  t.equal(agent.counts().connections, 1, "the one that spoke stays");
  const socket = createSocket("udp4");
  for (const text of ["", "\r\n\r\n", "x".repeat(60_000), "SIP/2.0 200 OK\r\n\r\n", "ACK sip:x SIP/2.0\r\n\r\n"]) {
    socket.send(text, udp?.port ?? 0, "127.0.0.1");
  }
  socket.send(
    "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1;rport\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
    udp?.port ?? 0,
    "127.0.0.1",
  );
  const [answer] = (await once(socket, "message")) as [Buffer];
  t.match(answer.toString(), /^SIP\/2\.0 200 OK\r\nVia: .*rport=\d+;received=127\.0\.0\.1/);
  socket.close();
  pinging.destroy();
  await agent.close();
});

await t.test("a port in use rejects and leaves nothing open", async (t) => {
  const first = await listen({ listen: [{ transport: "tcp", address: "127.0.0.1", port: 0 }] });
  const port = first.addresses[0]?.port ?? 0;
  await t.rejects(
    listen({
      listen: [
        { transport: "udp", address: "127.0.0.1", port: 0 },
        { transport: "tcp", address: "127.0.0.1", port },
      ],
    }),
    { code: "EADDRINUSE" },
  );
  await t.rejects(listen({ listen: [{ transport: "tls", address: "127.0.0.1", port: 0 }] }), /key and a certificate/);
  await first.close();
});
