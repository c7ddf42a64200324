import t, { type Test } from "tap";

import { answerFor, type EndCause, reasonHeaderFor } from "../../src/call/cause.js";
import { makeCertificates } from "../../src/simulators/certificates.js";
import type { EmbeddedDrachtio } from "../../src/simulators/drachtio/embedded-drachtio.js";
import { DrachtioConnection } from "../../src/sip/drachtio-connection.js";
import type { DrachtioCall } from "../../src/sip/incoming-call.js";
import type { PhoneCall } from "../../src/softphone/phone-call.js";
import { SipUserAgent } from "../../src/softphone/sip/index.js";
import { TestPhone } from "../../src/softphone/test-phone.js";
import { systemClock } from "../../src/util/clock.js";
import type { Latch } from "../../src/util/latch.js";
import { failure, success } from "../../src/util/result.js";
import { someSdp, startServer, stopServer } from "../simulators/drachtio/support.js";
import { listen, until } from "../softphone/sip/support.js";
import { CuttableLink } from "../support/cuttable-link.js";
import { FakeEndpoint } from "../support/fake-endpoint.js";

const certificates = await makeCertificates();
const answer =
  someSdp.replace("RTP/AVP 8", "RTP/SAVP 8") +
  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";

interface Bench {
  server: EmbeddedDrachtio;
  readonly link: CuttableLink;
  readonly signalling: DrachtioConnection;
  readonly calls: DrachtioCall[];
  readonly events: string[];
  readonly dialogs: string[];
  readonly phone: TestPhone;
  readonly uri: string;
}

async function bench(isTrunk = true): Promise<Bench> {
  const server = await startServer({ sip: [{ transport: "tls", address: "127.0.0.1", port: 0 }], tls: certificates });
  let running: () => EmbeddedDrachtio = () => server;
  const link = await CuttableLink.to(() => running().controlPort);
  const calls: DrachtioCall[] = [];
  const events: string[] = [];
  const dialogs: string[] = [];
  const signalling = DrachtioConnection.open({
    host: "127.0.0.1",
    port: link.port,
    secret: "secret",
    clock: systemClock,
    random: () => 0.5,
    onCall: (call) => calls.push(call),
    onHeard: ({ address, transport }) => {
      events.push(`heard ${address} ${transport}`);
      return isTrunk;
    },
    onConnected: (version) => events.push(`connected ${version}`),
    onLost: () => events.push("lost"),
    onDialog: (dialogId) => dialogs.push(dialogId),
    onBug: (error) => events.push(`bug ${String(error)}`),
  });
  await until(() => signalling.state === "connected", "a connection");
  const phone = await TestPhone.open({ transport: "tls", tls: { ca: certificates.ca } });
  const all: Bench = {
    server,
    link,
    signalling,
    calls,
    events,
    dialogs,
    phone,
    uri: `sip:+493012345@127.0.0.1:${server.addresses[0]?.port ?? 0};transport=tls`,
  };
  running = () => all.server;
  return all;
}

async function close(t: Test, all: Bench): Promise<void> {
  await all.phone.close();
  all.signalling.close();
  await stopServer(t, all.server);
  await all.link.close();
}

async function arrived(all: Bench): Promise<DrachtioCall> {
  await until(() => all.calls.length > 0, "a call");
  const call = all.calls.shift();
  if (call === undefined) throw new Error("no call");
  return call;
}

function endpoint(): FakeEndpoint {
  const script = {
    promptMs: 1,
    stopMs: 1,
    releaseMs: 1,
    bridgeMs: 1,
    talkMs: 1,
    overs: ["ended"],
    bridgeOutcomes: [],
    suite: undefined,
  } as const;
  return new FakeEndpoint(
    script,
    async (_name, _timing, outcome) => await Promise.resolve(outcome()),
    () => undefined,
  );
}

async function set(latch: Latch<EndCause>): Promise<EndCause> {
  return await new Promise((resolve) => latch.onSet(resolve));
}

/** An encrypted call from its INVITE to its 200. */
async function accepted(t: Test, all: Bench): Promise<{ readonly call: PhoneCall; readonly incoming: DrachtioCall }> {
  const call = await all.phone.dial({ uri: all.uri, number: "1", suites: ["AES_CM_128_HMAC_SHA1_80"] });
  const incoming = await arrived(all);
  t.same(await incoming.accept(answer, endpoint()), success(undefined));
  t.ok((await call.answered).ok);
  return { call, incoming };
}

await t.test("a REGISTER with provisional responses: the final response is the outcome", async (t) => {
  const server = await startServer();
  const signalling = DrachtioConnection.open({
    host: "127.0.0.1",
    port: server.controlPort,
    secret: "secret",
    clock: systemClock,
    random: () => 0.5,
    onCall: () => undefined,
    onHeard: () => true,
    onConnected: () => undefined,
    onLost: () => undefined,
    onBug: (error) => t.error(error),
  });
  await until(() => signalling.state === "connected", "a connection");
  const registrar = await listen();
  registrar.onRequest = ({ respond }) => {
    respond(100);
    respond(183, { reason: "Looking" });
    respond(200, { headers: [["Contact", "<sip:x@127.0.0.1>;expires=60"]] });
  };
  const uri = `sip:127.0.0.1:${registrar.addresses[0]?.port ?? 0}`;
  t.match(await signalling.send("REGISTER", uri, { nextHop: uri, headers: { Contact: "<sip:x@127.0.0.1>" } }), {
    kind: "answered",
    response: { status: 200 },
  });
  signalling.close();
  await registrar.close();
  await stopServer(t, server);
});

await t.test("the facts of an INVITE, and a refusal with its headers", async (t) => {
  const all = await bench();
  const call = await all.phone.dial({
    uri: all.uri,
    number: "+4915112345678",
    headers: [
      ["Privacy", "id"],
      ["P-Asserted-Identity", "<sip:+491@x>"],
      ["p-asserted-identity", "<tel:+492>"],
      ["P-ASSERTED-IDENTITY", "<tel:+493>"],
      ["Remote-Party-ID", "<sip:+494@x>;privacy=off"],
      ["remote-party-id", "<sip:+495@x>;privacy=full"],
      ["p-called-party-id", "<sip:+496@x>"],
      ["Diversion", "<sip:+497@x>"],
      ["diversion", "<sip:+498@x>"],
      ["History-Info", "<sip:+499@x>;index=1"],
    ],
  });
  const incoming = await arrived(all);
  t.equal(incoming.offer, "sdes");
  t.match(incoming.mediaOffer, /^m=audio \d+ RTP\/AVP .*\r\n/m);
  t.equal(incoming.invite.source.transport, "tls");
  t.match(incoming.invite.source.address, "127.0.0.1");
  t.match(incoming.invite.to, "+493012345");
  t.match(incoming.invite.from, "+4915112345678");
  t.equal(incoming.invite.privacy, "id");
  t.match(incoming.invite.assertedIdentities.join(), /\+491@x.*\+492.*\+493/, "in any case of the name");
  t.match(incoming.invite.remoteParties.join(), /\+494@x>;privacy=off.*\+495@x>;privacy=full/);
  t.match(incoming.invite, { calledParty: "<sip:+496@x>", historyInfo: "<sip:+499@x>;index=1" });
  t.match(incoming.invite.diversion, /\+497@x.*\+498@x/);
  incoming.refuse(answerFor("too-many-calls"));
  all.signalling.release(incoming);
  const answered = await call.answered;
  t.equal(answered.ok ? 200 : answered.failure.status, 503);
  const headers = answered.ok ? [] : answered.failure.headers;
  t.ok(
    headers.some(([name, value]) => name.toLowerCase() === "retry-after" && value === "10"),
    "Retry-After is sent",
  );
  await close(t, all);
});

await t.test("CANCEL while ringing ends the call; only drachtio responds", async (t) => {
  const all = await bench();
  const call = await all.phone.dial({ uri: all.uri, number: "1", suites: ["AES_CM_128_HMAC_SHA1_80"] });
  const incoming = await arrived(all);
  incoming.ring();
  await call.waitForProgress(180, 5_000);
  const gone = set(incoming.gone);
  await call.hangUp();
  t.equal(await gone, "cancelled");
  const answered = await call.answered;
  t.equal(answered.ok ? 200 : answered.failure.status, 487);
  const accepted = await incoming.accept(answer, endpoint());
  t.notOk(accepted.ok, "too late to accept");
  all.signalling.release(incoming);
  await close(t, all);
});

await t.test("accept, renegotiation, DTMF by INFO, hang-up with a reason", async (t) => {
  const all = await bench();
  const call = await all.phone.dial({ uri: all.uri, number: "1", suites: ["AES_CM_128_HMAC_SHA1_80"] });
  const incoming = await arrived(all);
  const media = endpoint();
  const offers: string[] = [];
  media.renegotiate = async (offer) => {
    offers.push(offer);
    return await Promise.resolve(success(answer.replace("4000", "4002")));
  };
  t.same(await incoming.accept(answer, media), success(undefined));
  t.ok((await call.answered).ok);
  const held = await call.hold();
  t.equal(held.ok ? held.value.status : held.failure.status, 200);
  t.match(held.ok ? held.value.body : "", "m=audio 4002 RTP/SAVP");
  t.match(offers[0], /RTP\/SAVP[^]*a=sendonly/, "FreeSWITCH takes keys of a re-INVITE in RTP/SAVP only");
  await call.sendDigits("7#", { method: "info" });
  t.same([media.dtmf.take(), media.dtmf.take()], ["7", "#"]);
  await incoming.hangUp(reasonHeaderFor("max-duration"));
  t.match(await call.ended, { by: "remote", reason: 'Q.850;cause=16;text="max-duration"' });
  all.signalling.release(incoming);
  await close(t, all);
});

await t.test("a media server that answers without SRTP: its answer is not forwarded, and the call ends", async (t) => {
  const all = await bench();
  const call = await all.phone.dial({ uri: all.uri, number: "1", suites: ["AES_CM_128_HMAC_SHA1_80"] });
  const incoming = await arrived(all);
  const media = endpoint();
  media.renegotiate = async () => await Promise.resolve(failure("plain-rtp"));
  t.same(await incoming.accept(answer, media), success(undefined));
  t.ok((await call.answered).ok);
  const gone = set(incoming.gone);
  t.match(await call.hold(), { ok: false, failure: { status: 488 } });
  t.equal(await gone, "plain-rtp");
  await incoming.hangUp(reasonHeaderFor("plain-rtp"));
  t.match(await call.ended, { by: "remote" });
  all.signalling.release(incoming);
  await close(t, all);
});

await t.test("the connection to drachtio is cut: the call stays, and its BYE goes over the new one", async (t) => {
  const all = await bench();
  const { call, incoming } = await accepted(t, all);
  all.link.cut();
  await until(() => all.events.includes("lost"), "the loss noticed");
  await until(() => all.signalling.state === "connected", "a new connection");
  // The in-dialog probe is sent first; drachtio responds to commands in order.
  await incoming.hangUp(reasonHeaderFor("shutdown"));
  t.equal(incoming.gone.value, undefined, "the signalling was not given up");
  t.match(await call.ended, { by: "remote" });
  all.signalling.release(incoming);
  await close(t, all);
});

await t.test("a hang-up after the connection was cut is detected within seconds", async (t) => {
  const all = await bench();
  const { call, incoming } = await accepted(t, all);
  all.link.cut();
  await until(() => all.events.includes("lost") && all.signalling.state === "connected", "a new connection");
  // drachtio-server responds to this BYE itself and forwards it to no client (route_request_inside_dialog in client-controller.cpp).
  const gone = set(incoming.gone);
  t.equal(await incoming.askPresence(), "there");
  await call.hangUp();
  t.equal(await gone, "caller-hung-up", "the dialog was there over this connection, and is not any more");
  all.signalling.release(incoming);
  await close(t, all);
});

await t.test("a call that ends without a connection to drachtio: its BYE goes over the next one", async (t) => {
  const all = await bench();
  const { call, incoming } = await accepted(t, all);
  all.link.cut();
  await until(() => all.signalling.state === "lost", "the loss noticed");
  t.equal(await incoming.askPresence(), "unknown");
  await incoming.hangUp(reasonHeaderFor("max-duration"));
  all.signalling.release(incoming);
  t.match(await call.ended, { by: "remote", reason: 'Q.850;cause=16;text="max-duration"' });
  await close(t, all);
});

await t.test("drachtio restarts: an answered call goes on without signalling, a ringing one ends", async (t) => {
  const all = await bench();
  const { incoming } = await accepted(t, all);
  await all.phone.dial({ uri: all.uri, number: "1", suites: ["AES_CM_128_HMAC_SHA1_80"] });
  const ringing = await arrived(all);
  ringing.ring();
  t.strictSame(all.dialogs, [incoming.dialogId], "a dialog from the 200 on");
  await all.server.close();
  await until(() => all.signalling.state === "lost", "the loss noticed");
  ringing.ring();
  t.equal(await incoming.askPresence(), "unknown");
  t.match(await all.signalling.endDialog("any", "Q.850;cause=41"), "failed");
  const server = await startServer({ sip: all.server.addresses, tls: certificates });
  all.server = server;
  const gone = set(ringing.gone);
  t.equal(await gone, "signalling-lost");
  ringing.refuse(answerFor("signalling-lost"));
  t.equal(await incoming.askPresence(), "lost");
  t.equal(await all.signalling.endDialog("any", "Q.850;cause=41"), "unknown");
  t.notOk(incoming.gone.isSet, "the call goes on");
  await incoming.hangUp(reasonHeaderFor("max-duration"));
  for (const each of [incoming, ringing]) all.signalling.release(each);
  t.strictSame(
    all.events.filter((event) => event.startsWith("bug")),
    [],
  );
  await close(t, all);
});

await t.test("a dialog that an earlier process has left", async (t) => {
  const all = await bench();
  const { call, incoming } = await accepted(t, all);
  const reason = 'Q.850;cause=41;text="media-server-lost"';
  t.equal(await all.signalling.endDialog(incoming.dialogId ?? "", reason), "ended");
  t.match(await call.ended, { by: "remote", reason });
  t.equal(await all.signalling.endDialog(incoming.dialogId ?? "", reason), "unknown");
  all.signalling.release(incoming);
  await close(t, all);
});

await t.test("a request without a connection to drachtio fails as not-sent", async (t) => {
  const all = await bench();
  all.link.cut();
  await until(() => all.signalling.state === "lost", "the loss noticed");
  const outcome = await all.signalling.send("OPTIONS", "sip:127.0.0.1", {
    nextHop: "sip:127.0.0.1:9;transport=tls",
    headers: {},
  });
  t.match(outcome, { kind: "not-sent" });
  await close(t, all);
});

await t.test("OPTIONS from an unknown source gets 403 without capabilities", async (t) => {
  const all = await bench(false);
  const scanner = await SipUserAgent.listen({
    listen: [],
    tls: { ca: certificates.ca },
    userAgent: "friendly-scanner",
  });
  const answer = await scanner.request({ method: "OPTIONS", uri: all.uri });
  t.match(answer, { ok: true, value: { status: 403 } });
  if (answer.ok)
    for (const name of ["Allow", "Accept", "Contact", "Supported"])
      t.equal(answer.value.headers.get(name), undefined, name);
  await scanner.close();
  await close(t, all);
});
