import { createSocket } from "node:dgram";

import t from "tap";

import { makeCertificates } from "../../../src/simulators/certificates.js";
import { freePort } from "../../e2e/support/ports.js";
import { from, listen, until, uriOf } from "../../softphone/sip/support.js";
import {
  answerCalls,
  answeredCall,
  application,
  failureOf,
  settled,
  someSdp,
  startServer,
  stopServer,
} from "./support.js";

const certificates = await makeCertificates();
const moved = someSdp.replace("4000", "5000");

await t.test(
  "an inbound call over each transport: UAS, modify both ways, INFO both ways, hung up by either side",
  async (t) => {
    const server = await startServer({
      sip: (["udp", "tcp", "tls"] as const).map((transport) => ({ transport, address: "127.0.0.1", port: 0 })),
      tls: certificates,
    });
    for (const [at, transport] of (["udp", "tcp", "tls"] as const).entries()) {
      const phone = await listen({
        tls: { ca: certificates.ca },
        listen: transport === "udp" ? [{ transport, address: "127.0.0.1", port: 0 }] : [],
      });
      for (const endedBy of ["app", "phone"] as const) {
        const app = await application(server);
        const { request, dialog, theirs } = await answeredCall(
          app,
          phone,
          uriOf(server, "+493012345", "127.0.0.1", at),
        );
        t.match(request, { source: "network", protocol: transport, source_address: "127.0.0.1" });
        t.equal(request.receivedOn, app.hostport.split(",")[at]?.split("/")[1]);
        t.match(request.get("From"), /Jörg 📞/, "UTF-8 survives");
        t.equal(dialog.id, `${theirs.callId};from-tag=${theirs.localTag}`);
        t.same([dialog.sip.localTag, dialog.sip.remoteTag], [theirs.remoteTag, theirs.localTag]);
        t.equal(theirs.remoteSdp, someSdp);
        const suffix = transport === "udp" ? "" : `;transport=${transport}`;
        t.equal(theirs.answer.headers.get("Contact"), `<sip:127.0.0.1:${server.addresses[at]?.port ?? 0}${suffix}>`);
        t.equal(theirs.answer.headers.get("Content-Type"), "application/sdp");

        theirs.onReinvite = () => ({ sdp: moved });
        t.equal(await dialog.modify(moved), moved);
        t.equal(theirs.remoteSdp, moved);
        const held = await theirs.reinvite(someSdp.replace("sendrecv", "sendonly"));
        t.equal(held.ok && held.value.body, moved);
        dialog.on("modify", (_request, response) => {
          response.send(488);
        });
        const refused = await theirs.reinvite(moved);
        t.equal(refused.ok ? 200 : refused.failure.status, 488);

        const info = await dialog.request({
          method: "INFO",
          headers: { "Content-Type": "application/dtmf-relay" },
          body: "Signal=1",
        });
        t.equal(info.status, 200);
        dialog.on("info", (received, response) => {
          response.send(received.body === "Signal=2" ? 200 : 400);
        });
        const back = await theirs.info("application/dtmf-relay", "Signal=2");
        t.equal(back.ok && back.value.status, 200);
        t.equal(server.counts().dialogs, 1);
        if (endedBy === "app") {
          await dialog.destroy();
          t.same(await theirs.ended, { by: "remote" });
        } else {
          const destroyed = new Promise<string>((resolve) => {
            dialog.on("destroy", (_bye, reason) => {
              resolve(reason);
            });
          });
          await theirs.bye();
          t.equal(await destroyed, "normal release");
        }
        t.equal(server.counts().dialogs, 0);
        app.disconnect();
        await until(() => server.counts().applications === 0, "application gone");
      }
      await phone.close();
    }
    t.same(server.faults, []);
    await stopServer(t, server);
  },
);

await t.test(
  "CANCEL before and after ringing: reported to the application, whose later answer is refused",
  async (t) => {
    const server = await startServer();
    const app = await application(server);
    const phone = await listen();
    let ring = false;
    let heard: (() => void) | undefined;
    const tooLate: unknown[] = [];
    app.invite((request, response) => {
      if (ring) response.send(180);
      request.on("cancel", () => {
        app.createUAS(request, response, { localSdp: someSdp }).catch((error: unknown) => tooLate.push(error));
        heard?.();
      });
    });
    await settled(app);
    for (ring of [false, true]) {
      const cancelled = new Promise<void>((resolve) => {
        heard = resolve;
      });
      const call = phone.invite({ uri: uriOf(server), from: from, sdp: someSdp });
      call.onProgress = ({ status }) => {
        if (status === (ring ? 180 : 100)) call.cancel();
      };
      t.match(await call.result, { ok: false, failure: { status: 487 } });
      await cancelled;
    }
    await until(() => tooLate.length === 2, "both answers refused");
    t.same(
      tooLate,
      Array.from({ length: 2 }, () => "Response not sent due to unknown transaction"),
    );
    app.disconnect();
    await phone.close();
    await stopServer(t, server);
  },
);

await t.test("refusals of the application, and requests without a route", async (t) => {
  const server = await startServer();
  const phone = await listen();
  const app = await application(server);
  app.invite((_request, response) => {
    response.send(488, { headers: { Warning: '305 einwahl "SRTP"' } });
  });
  await settled(app);
  const options = async (): Promise<number> => {
    const result = await phone.request({ method: "OPTIONS", uri: uriOf(server) });
    return result.ok ? result.value.status : -1;
  };
  t.equal(await options(), 503);
  app.options((_request, response) => {
    response.send(200);
  });
  await settled(app);
  t.equal(await options(), 200);
  const call = await phone.invite({ uri: uriOf(server), from: from, sdp: someSdp }).result;
  t.match(call, { ok: false, failure: { status: 488, reason: "Not Acceptable Here" } });
  t.ok(!call.ok && call.failure.headers?.some(([name, value]) => /^warning$/i.test(name) && value.includes("SRTP")));
  for (const [method, expected] of [
    ["BYE", 481],
    ["UPDATE", 481],
    ["REGISTER", 503],
    ["MESSAGE", 503],
  ] as const) {
    const result = await phone.request({ method, uri: uriOf(server) });
    t.equal(result.ok && result.value.status, expected, method);
  }
  app.disconnect();
  await phone.close();
  await stopServer(t, server);
});

await t.test("outbound calls: answered, refused, cancelled, unreachable", async (t) => {
  const server = await startServer();
  const app = await application(server);
  const phone = await listen({ listen: [{ transport: "tcp", address: "127.0.0.1", port: 0 }] });
  let hungUp: Promise<unknown> = Promise.resolve();
  phone.onInvite = (invite) => {
    invite.ring();
    if (invite.request.uri.includes("busy")) invite.reject(486);
    else if (!invite.request.uri.includes("ring")) hungUp = invite.accept(moved).ended;
    t.match(invite.request.headers.get("Contact"), /^<sip:127\.0\.0\.1:\d+;transport=tcp>$/);
    t.match(invite.request.headers.get("From"), /^<sip:einwahl@127\.0\.0\.1:\d+>;tag=/, "localhost replaced");
  };
  const headers = { From: "<sip:einwahl@localhost>" };
  const statuses: number[] = [];
  const dialog = await app.createUAC(
    uriOf(phone),
    { localSdp: someSdp, headers },
    { cbProvisional: ({ status }) => statuses.push(status) },
  );
  t.same([...new Set(statuses)], [100, 180]);
  t.equal(dialog.remote.sdp, moved);
  t.equal(dialog.id, `${dialog.sip.callId};from-tag=${dialog.sip.localTag}`);
  t.equal(await dialog.modify(moved), moved);
  await dialog.destroy();
  t.match(await hungUp, { by: "remote" });

  t.match(await failureOf(app.createUAC(uriOf(phone, "busy"), { localSdp: someSdp, headers: { ...headers } })), {
    status: 486,
  });

  const ringing = app.createUAC(
    uriOf(phone, "ring"),
    { localSdp: someSdp, headers: { ...headers } },
    {
      cbRequest: (_error, request) => {
        request.cancel(() => undefined);
      },
    },
  );
  t.match(await failureOf(ringing), { status: 487 });

  await phone.close();
  // The phone's port may be another test's by now.
  const uri = `sip:bob@127.0.0.1:${await freePort()};transport=tcp`;
  t.match(await failureOf(app.createUAC(uri, { localSdp: someSdp, headers: { ...headers } })), { status: 503 });
  t.match(await failureOf(app.createUAC(uri.replace("tcp", "udp"), { localSdp: someSdp, headers: { ...headers } })), {
    status: 408,
  });
  t.match(await failureOf(app.createUAC(uri.replace("tcp", "tls"), { localSdp: someSdp, headers: { ...headers } })), {
    message: /transport not available/,
  });
  app.disconnect();
  await stopServer(t, server);
});

await t.test("a lost ACK: the server hangs up and the application sees a destroy", async (t) => {
  const server = await startServer();
  const app = await application(server);
  const socket = createSocket("udp4");
  const heard: string[] = [];
  socket.on("message", (message) => heard.push(message.toString()));
  await new Promise<void>((resolve) => {
    socket.bind(0, "127.0.0.1", resolve);
  });
  const { first } = await answerCalls(app);
  const { port } = socket.address();
  const text = [
    `INVITE ${uriOf(server)} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKdeaf;rport`,
    "From: <sip:x@y>;tag=1",
    "To: <sip:bob@y>",
    "Call-ID: deaf",
    "CSeq: 1 INVITE",
    `Contact: <sip:x@127.0.0.1:${port}>`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
  socket.send(text, server.addresses[0]?.port ?? 0, "127.0.0.1");
  const { dialog } = await first;
  const reason = await new Promise<string>((resolve) => {
    dialog.on("destroy", (_bye, why) => {
      resolve(why);
    });
  });
  t.equal(reason, "ACK timeout");
  await until(() => heard.some((line) => line.startsWith("BYE ")), "BYE");
  t.match(
    heard.find((line) => line.startsWith("BYE ")),
    /Reason: SIP ;cause=200 ;text="ACK timeout"/,
  );
  t.ok(heard.filter((line) => line.startsWith("SIP/2.0 200")).length > 3, "repeated");
  socket.close();
  app.disconnect();
  await until(() => server.counts().dialogs === 0, "no dialog");
  await server.close();
});
