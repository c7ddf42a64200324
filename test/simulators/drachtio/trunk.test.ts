import t from "tap";

import { makeCertificates } from "../../../src/simulators/certificates.js";
import { checkAuthorization, type IncomingRequest, type SipUserAgent } from "../../../src/softphone/sip/index.js";
import { from, listen, until, uriOf } from "../../softphone/sip/support.js";
import { FakeClock } from "../../support/fake-clock.js";
import {
  answeredCall,
  answerTo,
  type App,
  application,
  failureOf,
  type Message,
  settled,
  someSdp,
  startServer,
  stopServer,
} from "./support.js";

const certificates = await makeCertificates();
const credentials = { username: "004930123", password: "secret" };

/** A registrar like easybell's: TLS, MD5 without qop and algorithm, an expiry of its own choice. */
async function registrar(
  port = 0,
  tls: { readonly key: string; readonly cert: string } = certificates,
  address = "127.0.0.1",
): Promise<{ agent: SipUserAgent; registers: IncomingRequest[] }> {
  const agent = await listen({ listen: [{ transport: "tls", address, port }], tls });
  const registers: IncomingRequest[] = [];
  agent.onRequest = (incoming) => {
    const { request, respond } = incoming;
    registers.push(incoming);
    const known = checkAuthorization(request, { realm: "sip.easybell.de", nonce: "n1", credentials });
    if (known) respond(200, { headers: [["Contact", `${request.headers.get("Contact") ?? ""};expires=300`]] });
    else respond(401, { headers: [["WWW-Authenticate", 'Digest realm="sip.easybell.de", nonce="n1"']] });
  };
  return { agent, registers };
}

function register(app: App, uri: string, contact: string, callId?: string): Promise<Message> {
  const aor = `<sip:${credentials.username}@sip.easybell.de>`;
  const headers = {
    Contact: contact,
    From: aor,
    To: aor,
    Expires: "600",
    ...(callId === undefined ? {} : { "Call-ID": callId }),
  };
  return answerTo(app, { method: "REGISTER", uri, headers, auth: credentials });
}

await t.test(
  "REGISTER over TLS with a challenge without qop; the call comes back over the same connection",
  async (t) => {
    const server = await startServer({
      sip: [{ transport: "tls", address: "127.0.0.1", port: 0 }],
      tls: certificates,
    });
    const app = await application(server);
    const { agent, registers } = await registrar();
    const uri = uriOf(agent).replace("bob@127.0.0.1", "localhost");
    const contact = `<sip:${credentials.username}@127.0.0.1:${server.addresses[0]?.port ?? 0};transport=tls>`;

    const answer = await register(app, uri, contact);
    t.equal(answer.status, 200);
    t.match(answer.get("Contact"), /expires=300/);
    t.equal(answer.protocol, "tls");
    const [first, second] = registers.map(({ request }) => request);
    t.equal(registers.length, 2);
    t.equal(second?.callId, first?.callId);
    t.equal(second?.cseq.number, (first?.cseq.number ?? 0) + 1);
    t.equal(second?.fromTag, first?.fromTag);
    t.equal(second?.headers.get("Contact"), contact);
    t.equal(second?.headers.get("Max-Forwards"), "70");
    t.equal(second?.headers.has("Authorization"), true);
    t.notMatch(second?.headers.get("Authorization"), /qop/);

    const flow = registers[1]?.source;
    const { dialog, request, theirs } = await answeredCall(app, agent, contact.slice(1, -1), {
      call: flow === undefined ? {} : { nextHop: flow },
    });
    t.same([server.counts().connections, agent.counts().connections], [1, 1], "one connection for both");
    t.equal(request.protocol, "tls");
    t.equal(request.source_port, agent.addresses[0]?.port, "the flow's address");
    await dialog.destroy();
    await theirs.ended;

    const port = agent.addresses[0]?.port;
    await agent.close();
    await until(() => server.counts().connections === 0, "the flow is gone");
    const again = await registrar(port);
    t.equal((await register(app, uri, contact)).status, 200, "the connection is opened again at the next request");
    t.equal(again.registers.length, 2);
    t.same(server.faults, []);
    app.disconnect();
    await again.agent.close();
    await stopServer(t, server);
  },
);

await t.test("like drachtio-server it sends only over address families that it listens on", async (t) => {
  for (const [listening, target, isSent] of [
    ["127.0.0.1", "::1", false],
    ["::1", "127.0.0.1", false],
    ["::1", "::1", true],
  ] as const) {
    const server = await startServer({ sip: [{ transport: "tls", address: listening, port: 0 }], tls: certificates });
    const app = await application(server);
    const { agent, registers } = await registrar(0, certificates, target);
    const uri = uriOf(agent, "x", target === "::1" ? "[::1]" : target);
    // Without credentials: drachtio-srf would answer the challenge with an IPv6 address without brackets.
    const answer = await failureOf(
      answerTo(app, { method: "REGISTER", uri, headers: { Contact: "<sip:x@[::1]:5061;transport=tls>" } }),
    );
    t.match(
      String(answer),
      isSent ? "not rejected" : "requested protocol/transport not available",
      `${listening} to ${target}`,
    );
    t.equal(registers.length, isSent ? 1 : 0);
    if (isSent) t.match(registers[0]?.request.headers.get("Via"), /^SIP\/2\.0\/TLS \[::1\]:\d+;/);
    app.disconnect();
    await agent.close();
    await stopServer(t, server);
  }
});

await t.test(
  "like drachtio-server it verifies no certificate, or with verifyPeers the chain, and never a name",
  async (t) => {
    const other = await makeCertificates({ names: ["another.example"] });
    const cases = [
      [{ ...certificates }, 200],
      [{ ...certificates, verifyPeers: true }, 503],
      [{ ...certificates, ca: other.ca, verifyPeers: true }, 200],
    ] as const;
    for (const [tls, status] of cases) {
      const server = await startServer({ sip: [{ transport: "tls", address: "127.0.0.1", port: 0 }], tls });
      const app = await application(server);
      const { agent, registers } = await registrar(0, other);
      const answer = await register(app, uriOf(agent), "<sip:x@127.0.0.1;transport=tls>");
      t.equal(answer.status, status);
      t.equal(registers.length > 0, status === 200, "the certificate is for another.example");
      if (status === 503) t.match(server.faults[0], /cannot reach tls\/127\.0\.0\.1:\d+: UNABLE_TO_VERIFY/);
      app.disconnect();
      await agent.close();
      await stopServer(t, server);
    }
  },
);

await t.test("verifyPeers requires a certificate of every peer", async (t) => {
  const server = await startServer({
    sip: [{ transport: "tls", address: "127.0.0.1", port: 0 }],
    tls: { ...certificates, verifyPeers: true },
  });
  const uri = `sip:x@127.0.0.1:${server.addresses[0]?.port ?? 0};transport=tls`;
  const without = await listen({
    listen: [{ transport: "udp", address: "127.0.0.1", port: 0 }],
    tls: { ca: certificates.ca },
  });
  t.match(await without.request({ method: "OPTIONS", uri }), {
    ok: false,
    failure: { status: 503, reason: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" },
  });
  await without.close();
  const withOne = await listen({
    listen: [{ transport: "udp", address: "127.0.0.1", port: 0 }],
    tls: certificates,
  });
  t.match(await withOne.request({ method: "OPTIONS", uri }), { ok: true });
  await withOne.close();
  await stopServer(t, server);
});

await t.test("the application disconnects: the dialog continues, and a new connection can end it", async (t) => {
  const server = await startServer();
  const phone = await listen();
  const lost = await application(server);
  const { dialog, theirs } = await answeredCall(lost, phone, uriOf(server));
  lost.disconnect();
  await until(() => server.counts().applications === 0, "gone");
  t.equal(server.counts().dialogs, 1);
  const held = await theirs.reinvite(someSdp);
  t.equal(held.ok ? 200 : held.failure.status, 481, "no application to respond");

  const heir = await application(server);
  const second = await answeredCall(heir, phone, uriOf(server));
  const bye = await answerTo(heir, { method: "BYE", uri: "sip:placeholder", stackDialogId: second.dialog.id });
  t.equal(bye.status, 200);
  t.same(await second.theirs.ended, { by: "remote" });
  t.equal(server.counts().dialogs, 1);
  await answerTo(heir, { method: "BYE", uri: "sip:placeholder", stackDialogId: dialog.id });
  t.equal(server.counts().dialogs, 0);
  t.match(await failureOf(answerTo(heir, { method: "BYE", uri: "sip:placeholder", stackDialogId: dialog.id })), {
    code: "ENODIALOG",
  });
  heir.disconnect();
  await phone.close();
  await stopServer(t, server);
});

await t.test("a BYE for a call without its application gets a 481 and ends the dialog", async (t) => {
  const server = await startServer();
  const phone = await listen();
  const app = await application(server);
  const { theirs } = await answeredCall(app, phone, uriOf(server));
  app.disconnect();
  await until(() => server.counts().applications === 0, "gone");
  await theirs.bye();
  t.same(await theirs.ended, { by: "local" });
  t.equal(server.counts().dialogs, 0);
  await phone.close();
  await stopServer(t, server);
});

await t.test("requests alternate between applications; a disconnected one is skipped", async (t) => {
  const server = await startServer();
  const phone = await listen();
  const apps = [await application(server), await application(server)];
  const taken: number[] = [];
  for (const [at, app] of apps.entries()) {
    app.options((_request, response) => {
      taken.push(at);
      response.send(200);
    });
    await settled(app);
  }
  const ask = (): Promise<unknown> => phone.request({ method: "OPTIONS", uri: uriOf(server) });
  for (let count = 0; count < 4; count += 1) await ask();
  t.same(taken.slice(0, 4).sort(), [0, 0, 1, 1]);
  t.not(taken[0], taken[1]);
  apps[0]?.disconnect();
  await until(() => server.counts().applications === 1, "one left");
  await ask();
  await ask();
  t.same(taken.slice(4), [1, 1]);
  apps[1]?.disconnect();
  await phone.close();
  await stopServer(t, server);
});

await t.test("64 s without a response of the application: the request is dropped", async (t) => {
  const clock = new FakeClock();
  const server = await startServer({ clock });
  const phone = await listen();
  const app = await application(server);
  const offered = new Promise<Message>((resolve) => {
    app.invite((_request, response) => {
      resolve(response);
    });
  });
  await settled(app);
  const statuses: number[] = [];
  const call = phone.invite({ uri: uriOf(server), from: from, sdp: someSdp });
  call.onProgress = ({ status }) => statuses.push(status);
  const response = await offered;
  clock.advanceSync(63_999);
  t.equal(server.counts().transactions, 1);
  clock.advanceSync(1);
  t.equal(server.counts().transactions, 0);
  const tooLate = await new Promise<unknown>((resolve) => {
    response.send(200, { body: someSdp }, resolve);
  });
  t.equal(tooLate, "Response not sent due to unknown transaction");
  t.match(server.faults, [/no response from the application to INVITE/, /unknown transaction/]);
  // On a busy machine the INVITE, and therefore its 100, may arrive twice.
  t.same([...new Set(statuses)], [100]);
  app.disconnect();
  await phone.close();
  await stopServer(t, server);
  t.equal(clock.pending, 0);
});

await t.test(
  "session timers: the server refreshes as the refresher, and hangs up if the other side does not refresh",
  async (t) => {
    const clock = new FakeClock();
    const server = await startServer({ clock });
    const phone = await listen();
    for (const refresher of ["uas", "uac"] as const) {
      const app = await application(server);
      const headers = [
        ["Session-Expires", `1800;refresher=${refresher}`],
        ["Supported", "timer"],
      ] as const;
      const { dialog, theirs } = await answeredCall(app, phone, uriOf(server), { call: { headers } });
      // The response to a later request shows that the ACK has arrived.
      await theirs.info("text/plain", "x");
      t.equal(theirs.answer.headers.get("Session-Expires"), `1800;refresher=${refresher}`);
      const refreshed: string[] = [];
      theirs.onReinvite = ({ headers: sent, body }) => {
        refreshed.push(
          `${sent.get("Session-Expires") ?? ""} ${sent.get("Min-SE") ?? ""} ${body === someSdp ? "same SDP" : body}`,
        );
        return { reject: refreshed.length === 1 ? 491 : 500 };
      };
      const destroyed = new Promise<string>((resolve) => {
        dialog.on("destroy", (_bye, reason) => {
          resolve(reason);
        });
      });
      if (refresher === "uas") {
        clock.advanceSync(900_000);
        await until(() => server.counts().transactions === 0 && refreshed.length === 1, "refresh");
        clock.advanceSync(900_000);
        t.equal(await destroyed, "Session timer expired", "the refresh was refused");
        t.same(
          refreshed,
          Array.from({ length: 2 }, () => "1800; refresher=uac 90 same SDP"),
        );
      } else {
        clock.advanceSync(1_799_999);
        t.equal(server.counts().dialogs, 1);
        clock.advanceSync(1);
        t.equal(await destroyed, "Session timer expired");
      }
      t.match(await theirs.ended, { by: "remote", reason: /Session timer expired/ });
      app.disconnect();
      await until(() => server.counts().applications === 0, "application gone");
    }
    await phone.close();
    await stopServer(t, server);
    t.equal(clock.pending, 0);
  },
);

await t.test("the server rejects a session interval under 90 s in a re-INVITE", async (t) => {
  const server = await startServer();
  const phone = await listen();
  const app = await application(server);
  const { dialog, theirs } = await answeredCall(app, phone, uriOf(server));
  const result = await phone.request({
    method: "UPDATE",
    uri: uriOf(server),
    callId: theirs.callId,
    from: theirs.initial.headers.get("From") ?? "",
    to: theirs.answer.headers.get("To") ?? "",
    cseq: 5,
    headers: [["Session-Expires", "30"]],
  });
  t.equal(result.ok && result.value.status, 422);
  t.equal(result.ok && result.value.headers.get("Min-SE"), "90");
  await dialog.destroy();
  app.disconnect();
  await phone.close();
  await stopServer(t, server);
});
