import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

import t, { type Test } from "tap";

import { makeCertificates } from "../../../src/simulators/certificates.js";
import { type InviteOptions, type SipDialog, SipRequest, SipResponse } from "../../../src/softphone/sip/index.js";
import { failure, success } from "../../../src/util/result.js";
import { finish, from, listen, type Pair, pair, parsed, someAnswer, someOffer, until, uriOf } from "./support.js";

const certificates = await makeCertificates();
const server = { key: certificates.key, cert: certificates.cert };
const client = { ca: certificates.ca };
const changed = `${someOffer}a=changed\r\n`;

/** Answers the next call with this SDP; resolves with the callee's dialog. */
function offering({ callee }: Pair, sdp = someOffer): Promise<SipDialog> {
  return new Promise((resolve) => {
    callee.onInvite = (invite) => {
      resolve(invite.accept(sdp));
    };
  });
}

/** A UDP socket for handwritten SIP. */
async function byHand(t: Test): Promise<{ socket: Socket; uri: string; requests: SipRequest[]; port: number }> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.teardown(() => {
    socket.close();
  });
  const requests: SipRequest[] = [];
  socket.on("message", (datagram) => {
    const message = parsed(datagram.toString());
    if (message instanceof SipRequest) requests.push(message);
  });
  const { port } = socket.address();
  return { socket, requests, port, uri: `sip:bob@127.0.0.1:${port};transport=udp` };
}

for (const transport of ["udp", "tcp", "tls"] as const) {
  await t.test(`the offer is in the 200 and the answer in the ACK, over ${transport}`, async (t) => {
    const both = await pair(transport, { client, server });
    const accepted = offering(both);
    const offers: string[] = [];
    const answerOffer: InviteOptions["answerOffer"] = (offer) => {
      offers.push(offer);
      return success(someAnswer);
    };
    const result = await both.caller.invite({ uri: both.uri, from: from, answerOffer }).result;
    const theirs = await accepted;
    if (!result.ok) throw new Error(`refused: ${result.failure.status}`);
    const ours = result.value;
    t.same([theirs.initial.body, theirs.initial.headers.has("Content-Type")], ["", false]);
    t.equal(await theirs.acknowledged, someAnswer);
    t.same(offers, [someOffer], "asked once");
    t.same(
      [ours.localSdp, ours.remoteSdp, theirs.localSdp, theirs.remoteSdp],
      [someAnswer, someOffer, someOffer, someAnswer],
    );

    theirs.onReinvite = () => ({ sdp: someOffer });
    t.match(await ours.reinvite(changed), { ok: true });
    t.match(await theirs.reinvite(someOffer), { ok: true }, "once the ACK of our re-INVITE is there");
    t.same([ours.localSdp, theirs.remoteSdp], [changed, changed], "the ACK of a re-INVITE with an offer has no SDP");
    await ours.bye();
    t.match(await theirs.ended, { by: "remote" });
    t.equal(await ours.acknowledged, undefined);
    await finish(t, both);
  });
}

await t.test("an offer unacceptable to the caller: acknowledged, hung up, 606", async (t) => {
  const both = await pair("tcp");
  const accepted = offering(both);
  const answerOffer: InviteOptions["answerOffer"] = () => failure({ detail: "SRTP required" });
  const { result } = both.caller.invite({ uri: both.uri, from: from, answerOffer });
  t.same(await result, { ok: false, failure: { status: 606, reason: "SRTP required" } });
  const theirs = await accepted;
  t.equal(await theirs.acknowledged, "");
  t.match(await theirs.ended, { by: "remote" });
  t.equal(theirs.remoteSdp, "");
  await finish(t, both);
});

await t.test("no `answerOffer`, and no offer", async (t) => {
  const both = await pair("tcp");
  let accepted = offering(both);
  const mute = await both.caller.invite({ uri: both.uri, from: from }).result;
  t.equal(await (await accepted).acknowledged, "");
  if (mute.ok) await mute.value.bye();

  const offers: string[] = [];
  const answerOffer: InviteOptions["answerOffer"] = (offer) => {
    offers.push(offer);
    return failure({ detail: "no audio line" });
  };
  accepted = offering(both, "");
  t.match(await both.caller.invite({ uri: both.uri, from: from, answerOffer }).result, {
    ok: false,
    failure: { status: 606 },
  });
  t.same(offers, [""], "a 200 without SDP");
  t.match(await (await accepted).ended, { by: "remote" });

  accepted = offering(both, someAnswer);
  t.match(await both.caller.invite({ uri: both.uri, from: from, sdp: someOffer, answerOffer }).result, { ok: true });
  t.same(offers, [""], "not called if the INVITE has an offer");
  await (await accepted).bye();
  await finish(t, both);
});

await t.test("cancelled, but answered at the same moment: the offer is not answered", async (t) => {
  const both = await pair("tcp");
  const accepted = offering(both);
  let asked = false;
  const answerOffer: InviteOptions["answerOffer"] = () => {
    asked = true;
    return success(someAnswer);
  };
  const call = both.caller.invite({ uri: both.uri, from: from, answerOffer });
  call.onProgress = () => {
    call.cancel();
  };
  t.match(await call.result, { ok: false, failure: { status: 487 } });
  const theirs = await accepted;
  t.equal(await theirs.acknowledged, "");
  t.match(await theirs.ended, { by: "remote" });
  t.equal(asked, false);
  await finish(t, both);
});

await t.test("a retransmitted 200 gets the same ACK with the same answer", async (t) => {
  const caller = await listen();
  const { socket, uri, requests } = await byHand(t);
  let asked = 0;
  const answerOffer: InviteOptions["answerOffer"] = () => {
    asked += 1;
    return success(someAnswer);
  };
  const call = caller.invite({ uri, from: from, answerOffer });
  await until(() => requests.length > 0, "an INVITE");
  const [invite] = requests;
  if (invite === undefined) return;
  const headers = [
    ["Contact", `<${uri}>`],
    ["Content-Type", "application/sdp"],
  ] as const;
  const answer = SipResponse.to(invite, 200, { toTag: "hand", headers, body: someOffer }).toString();
  const acks = (): SipRequest[] => requests.filter(({ method }) => method === "ACK");
  for (const count of [1, 2, 3]) {
    socket.send(answer, caller.addresses[0]?.port ?? 0, "127.0.0.1");
    await until(() => acks().length === count, `ACK ${count}`);
  }
  t.same(
    acks().map(({ body, cseq }) => [body, cseq.number]),
    Array.from({ length: 3 }, () => [someAnswer, invite.cseq.number]),
  );
  t.ok(acks().every((ack) => ack.headers.get("Content-Type") === "application/sdp"));
  t.equal(asked, 1);
  t.match(await call.result, { ok: true });
  await caller.close();
});

await t.test("no ACK, or a BYE instead", async (t) => {
  const callee = await listen();
  const { socket, port, requests } = await byHand(t);
  const request = (method: string, call: string, toTag = ""): SipRequest =>
    new SipRequest(method, uriOf(callee), [
      ["Via", `SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${method}${call};rport`],
      ["From", "<sip:x@y>;tag=1"],
      ["To", `<sip:bob@y>${toTag === "" ? "" : `;tag=${toTag}`}`],
      ["Call-ID", call],
      ["CSeq", `${method === "BYE" ? 2 : 1} ${method}`],
      ["Contact", `<sip:x@127.0.0.1:${port}>`],
    ]);
  const send = (sent: SipRequest): void => {
    socket.send(sent.toString(), callee.addresses[0]?.port ?? 0, "127.0.0.1");
  };
  const call = async (callId: string): Promise<SipDialog> => {
    const accepted = new Promise<SipDialog>((resolve) => {
      callee.onInvite = (invite) => {
        resolve(invite.accept(someOffer));
      };
    });
    send(request("INVITE", callId));
    return accepted;
  };
  const silent = await call("silent");
  t.equal(await silent.acknowledged, undefined);
  t.same(await silent.ended, { by: "lost" });
  t.ok(
    requests.some(({ method, callId }) => method === "BYE" && callId === "silent"),
    "hung up",
  );

  const rude = await call("rude");
  send(request("BYE", "rude", rude.localTag));
  t.equal(await rude.acknowledged, undefined);
  t.match(await rude.ended, { by: "remote" });
  await callee.close();
});
