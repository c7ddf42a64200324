import t from "tap";

import { makeCertificates } from "../../../src/simulators/certificates.js";
import { inBackground } from "../../../src/softphone/sip/background.js";
import type { IncomingInvite, InviteOptions, SipDialog, SipUserAgent } from "../../../src/softphone/sip/index.js";
import { failure, success } from "../../../src/util/result.js";
import { fast, from, listen, someAnswer, someOffer, until, uriOf } from "../../softphone/sip/support.js";
import { FakeClock } from "../../support/fake-clock.js";
import { type App, application, type Dialog, type Message, settled, startServer, stopServer } from "./support.js";

const certificates = await makeCertificates();
const renewed = `${someOffer}a=renewed\r\n`;

interface LateCall {
  readonly request: Message;
  readonly dialog: Dialog;
  /** `remote.sdp` at the answer. */
  readonly before: string;
  /** Bodies of the ACKs reported to the application. */
  readonly acks: string[];
  readonly destroyed: Promise<void>;
}

/** The application answers every call with an offer; `next` returns the calls in order. */
async function offerToAll(app: App): Promise<{ next: () => Promise<LateCall> }> {
  const taken: LateCall[] = [];
  app.invite((request, response) => {
    inBackground(
      app.createUAS(request, response, { localSdp: someOffer }).then((dialog) => {
        const acks: string[] = [];
        dialog.on("ack", ({ body }) => acks.push(body));
        const destroyed = new Promise<void>((resolve) => {
          dialog.on("destroy", () => {
            resolve();
          });
        });
        taken.push({ request, dialog, before: dialog.remote.sdp, acks, destroyed });
      }),
    );
  });
  await settled(app);
  const next = async (): Promise<LateCall> => {
    await until(() => taken.length > 0, "a call");
    const call = taken.shift();
    if (call === undefined) throw new Error("no call");
    return call;
  };
  return { next };
}

/** Makes the phone answer the next call with an offer. */
function offering(phone: SipUserAgent, headers: Parameters<IncomingInvite["accept"]>[1] = []): Promise<SipDialog> {
  return new Promise((resolve) => {
    phone.onInvite = (invite) => {
      resolve(invite.accept(someOffer, headers));
    };
  });
}

for (const [at, transport] of (["udp", "tcp", "tls"] as const).entries()) {
  await t.test(`a call without SDP to the application, which makes the offer, over ${transport}`, async (t) => {
    const server = await startServer({
      sip: (["udp", "tcp", "tls"] as const).map((each) => ({ transport: each, address: "127.0.0.1", port: 0 })),
      tls: certificates,
    });
    const app = await application(server);
    const phone = await listen({
      tls: { ca: certificates.ca },
      listen: transport === "udp" ? [{ transport, address: "127.0.0.1", port: 0 }] : [],
    });
    const call = async (answerOffer: InviteOptions["answerOffer"]): Promise<SipDialog | number> => {
      const { result } = phone.invite({
        uri: uriOf(server, "+493012345", "127.0.0.1", at),
        from: from,
        ...(answerOffer === undefined ? {} : { answerOffer }),
      });
      const called = await result;
      return called.ok ? called.value : called.failure.status;
    };
    const taken = await offerToAll(app);
    const theirs = await call((offer) => success(offer === someOffer ? someAnswer : "v=0\r\n"));
    if (typeof theirs === "number") throw new Error(`refused: ${theirs}`);
    const { request, dialog, before, acks } = await taken.next();
    t.equal(request.body, "");
    t.equal(request.has("Content-Type"), false);
    t.equal(before, "");
    await until(() => acks.length === 1, "the ACK");
    t.same(acks, [someAnswer]);
    t.equal(dialog.remote.sdp, someAnswer);

    // drachtio-srf reports the ACK of each re-INVITE in the same way.
    t.match(await theirs.reinvite(renewed), { ok: true });
    await until(() => acks.length === 2, "the ACK of the re-INVITE");
    t.same(acks, [someAnswer, ""]);
    theirs.onReinvite = () => ({ sdp: someAnswer });
    t.equal(await dialog.modify(renewed), someAnswer);
    await theirs.bye();

    const mute = await call(undefined);
    const unanswered = await taken.next();
    await until(() => unanswered.acks.length === 1, "an ACK without SDP");
    t.same(unanswered.acks, [""]);
    if (typeof mute !== "number") await mute.bye();
    // The BYE follows the ACK at once; drachtio-srf may not report the ACK then.
    t.equal(await call(() => failure({ detail: "not like that" })), 606);
    await (
      await taken.next()
    ).destroyed;
    t.same(server.faults, []);
    app.disconnect();
    await stopServer(t, server);
    await phone.close();
  });
}

for (const transport of ["udp", "tcp"] as const) {
  await t.test(`a call without SDP from the application, which answers in the ACK, over ${transport}`, async (t) => {
    const server = await startServer();
    const app = await application(server);
    const phone = await listen({ listen: [{ transport, address: "127.0.0.1", port: 0 }] });
    const accepted = offering(phone);
    const late = await app.createUAC(uriOf(phone), { noAck: true });
    const theirs = await accepted;
    t.equal(late.sdp, someOffer);
    t.same([theirs.initial.body, theirs.initial.headers.has("Content-Type")], ["", false]);
    t.equal(theirs.remoteSdp, "", "no automatic ACK");
    const dialog = await late.ack(someAnswer);
    t.equal(await theirs.acknowledged, someAnswer);
    t.equal(theirs.remoteSdp, someAnswer);
    t.same([dialog.local.sdp, dialog.remote.sdp], [someAnswer, someOffer]);
    theirs.onReinvite = () => ({ sdp: someOffer });
    t.equal(await dialog.modify(renewed), someOffer);
    t.equal(theirs.remoteSdp, renewed);
    await dialog.destroy();
    t.match(await theirs.ended, { by: "remote" });

    const unwanted = offering(phone);
    await (await app.createUAC(uriOf(phone), { noAck: true })).destroy();
    t.equal(await (await unwanted).acknowledged, someOffer, "drachtio-srf sends their own SDP back");
    t.match(await (await unwanted).ended, { by: "remote" });
    t.same(server.faults, []);
    app.disconnect();
    await phone.close();
    await stopServer(t, server);
  });
}

await t.test("the application's answer is late or missing", async (t) => {
  const clock = new FakeClock();
  const server = await startServer();
  const app = await application(server);
  const phone = await listen({ clock });
  const accepted = offering(phone);
  const late = await app.createUAC(uriOf(phone), { noAck: true });
  const theirs = await accepted;
  // The 200 is retransmitted.
  clock.advanceSync(63 * fast.t1);
  const dialog = await late.ack(someAnswer);
  t.equal(await theirs.acknowledged, someAnswer);
  t.equal(server.counts().dialogs, 1);
  await dialog.destroy();

  const never = offering(phone);
  await app.createUAC(uriOf(phone), { noAck: true });
  const lost = await never;
  clock.advanceSync(64 * fast.t1);
  t.equal(await lost.acknowledged, undefined);
  t.match(await lost.ended, { by: "lost" }, "hung up");
  t.same(server.faults, []);
  app.disconnect();
  await stopServer(t, server);
  await phone.close();
});

await t.test("a session timer repeats the answer in the ACK", async (t) => {
  const clock = new FakeClock();
  const server = await startServer({ clock });
  const app = await application(server);
  const phone = await listen({ listen: [{ transport: "tcp", address: "127.0.0.1", port: 0 }] });
  const accepted = offering(phone, [
    ["Session-Expires", "1800;refresher=uac"],
    ["Require", "timer"],
  ]);
  const dialog = await (await app.createUAC(uriOf(phone), { noAck: true })).ack(someAnswer);
  const theirs = await accepted;
  await theirs.acknowledged;
  const refresh = new Promise<string>((resolve) => {
    theirs.onReinvite = ({ body }) => {
      resolve(body);
      return { sdp: someOffer };
    };
  });
  clock.advanceSync(900_000);
  t.equal(await refresh, someAnswer);
  await until(() => server.counts().transactions === 0, "the refresh is over");
  await dialog.destroy();
  app.disconnect();
  await phone.close();
  await stopServer(t, server);
});
