import { createSocket } from "node:dgram";
import { once } from "node:events";

import t from "tap";

import { makeCertificates } from "../../../src/simulators/certificates.js";
import { checkAuthorization, type IncomingInvite, type SipDialog } from "../../../src/softphone/sip/index.js";
import { establish, finish, from, listen, pair, someAnswer, someOffer, uriOf } from "./support.js";

const certificates = await makeCertificates();
const server = { key: certificates.key, cert: certificates.cert };
const client = { ca: certificates.ca };

for (const transport of ["udp", "tcp", "tls"] as const) {
  await t.test(`a call over ${transport}, from INVITE to BYE`, async (t) => {
    const both = await pair(transport, { client, server });
    const progress: number[] = [];
    let incoming: IncomingInvite | undefined;
    const accepted = new Promise<SipDialog>((resolve) => {
      both.callee.onInvite = (invite) => {
        incoming = invite;
        invite.ring(183, someAnswer);
        resolve(invite.accept(someAnswer, [["X-Test", "yes"]]));
      };
    });
    const call = both.caller.invite({ uri: both.uri, from: from, headers: [["X-Call", "1"]], sdp: someOffer });
    call.onProgress = ({ status }) => progress.push(status);
    const result = await call.result;
    const theirs = await accepted;
    t.ok(result.ok);
    if (!result.ok) return;
    const ours = result.value;

    // On a busy machine the INVITE, and therefore these, may arrive twice.
    t.same([...new Set(progress)], [100, 183]);
    t.equal(incoming?.source.transport, transport);
    t.equal(incoming?.request.headers.get("X-Call"), "1");
    t.equal(incoming?.request.from.displayName, 'Alice "A"');
    t.equal(incoming?.request.body, someOffer);
    t.equal(ours.answer.headers.get("X-Test"), "yes");
    t.same([ours.callId, ours.localTag, ours.remoteTag], [theirs.callId, theirs.remoteTag, theirs.localTag]);
    t.same(
      [ours.localSdp, ours.remoteSdp, theirs.localSdp, theirs.remoteSdp],
      [someOffer, someAnswer, someAnswer, someOffer],
    );
    t.equal(both.caller.counts().dialogs, 1);
    t.equal(both.caller.counts().connections, transport === "udp" ? 0 : 1);

    const heard = new Promise<string>((resolve) => {
      theirs.onInfo = ({ body, headers }) => {
        resolve(`${headers.get("Content-Type") ?? ""} ${body}`);
      };
    });
    const info = await ours.info("application/dtmf-relay", "Signal=5");
    t.equal(info.ok && info.value.status, 200);
    t.equal(await heard, "application/dtmf-relay Signal=5");

    theirs.onReinvite = ({ body }) => ({ sdp: `${body}a=answered\r\n` });
    const changed = await ours.reinvite(`${someOffer}a=hold\r\n`);
    t.equal(changed.ok && changed.value.status, 200);
    t.equal(ours.remoteSdp, `${someOffer}a=hold\r\na=answered\r\n`);
    t.equal(theirs.remoteSdp, `${someOffer}a=hold\r\n`);
    ours.onReinvite = () => ({ reject: 488 });
    const refused = await theirs.reinvite(someAnswer);
    t.equal(refused.ok ? 200 : refused.failure.status, 488);

    await theirs.bye([["Reason", "Q.850;cause=16"]]);
    t.same(await ours.ended, { by: "remote", reason: "Q.850;cause=16" });
    t.same(await theirs.ended, { by: "local" });
    const late = await ours.info("text/plain", "x");
    t.equal(late.ok ? 200 : late.failure.status, 481);
    await finish(t, both);
  });

  await t.test(`a call cancelled while it rings, over ${transport}`, async (t) => {
    const both = await pair(transport, { client, server });
    let cancelled = 0;
    const offered = new Promise<IncomingInvite>((resolve) => {
      both.callee.onInvite = (invite) => {
        invite.onCancel = () => {
          cancelled += 1;
          resolve(invite);
        };
        invite.ring();
      };
    });
    const call = both.caller.invite({ uri: both.uri, from: from, sdp: someOffer });
    call.onProgress = ({ status }) => {
      if (status === 180) call.cancel();
    };
    t.match(await call.result, { ok: false, failure: { status: 487 } });
    const tooLate = (await offered).accept(someAnswer);
    t.same(await tooLate.ended, { by: "remote" });
    t.equal(cancelled, 1);
    await finish(t, both);
  });
}

await t.test("a refused call has status and reason", async (t) => {
  const both = await pair("udp");
  both.callee.onInvite = (invite) => {
    invite.reject(488, "No SRTP", [["Warning", '305 einwahl "x"']]);
  };
  const result = await both.caller.invite({ uri: both.uri, from: from, sdp: someOffer }).result;
  t.match(result, { ok: false, failure: { status: 488, reason: "No SRTP" } });
  t.equal(result.ok ? "" : result.failure.headers?.find(([name]) => name === "Warning")?.[1], '305 einwahl "x"');
  await finish(t, both);
});

await t.test("cancelled before any response: the CANCEL waits for the first one", async (t) => {
  const both = await pair("udp");
  both.callee.onInvite = (invite) => {
    invite.ring();
  };
  const call = both.caller.invite({ uri: both.uri, from: from, sdp: someOffer });
  call.cancel();
  t.match(await call.result, { ok: false, failure: { status: 487 } });
  await finish(t, both);
});

await t.test("cancelled, but answered at the same moment: hung up, and still 487", async (t) => {
  const both = await pair("tcp");
  const accepted = new Promise<SipDialog>((resolve) => {
    both.callee.onInvite = (invite) => {
      resolve(invite.accept(someAnswer));
    };
  });
  const call = both.caller.invite({ uri: both.uri, from: from, sdp: someOffer });
  // The 100 and the 200 arrive together: the CANCEL arrives after the answer.
  call.onProgress = () => {
    call.cancel();
  };
  t.match(await call.result, { ok: false, failure: { status: 487 } });
  t.same(await (await accepted).ended, { by: "remote" });
  await finish(t, both);
});

await t.test("the 200 is retransmitted until the ACK; without an ACK the call is lost", async (t) => {
  const callee = await listen();
  const accepted = new Promise<SipDialog>((resolve) => {
    callee.onInvite = (invite) => {
      resolve(invite.accept(someAnswer));
    };
  });
  const socket = createSocket("udp4");
  const heard: string[] = [];
  socket.on("message", (message) => heard.push(message.toString().split("\r\n")[0] ?? ""));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  const target = callee.addresses[0];
  const text = [
    `INVITE ${uriOf(callee)} SIP/2.0`,
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
  socket.send(text, target?.port ?? 0, "127.0.0.1");
  const dialog = await accepted;
  t.same(await dialog.ended, { by: "lost" });
  t.ok(heard.filter((line) => line === "SIP/2.0 200 OK").length >= 4, "repeated");
  t.ok(
    heard.some((line) => line.startsWith("BYE ")),
    "hung up",
  );
  t.equal(callee.counts().dialogs, 0);
  socket.close();
  await callee.close();
});

await t.test("an INVITE without an offer is answered with one", async (t) => {
  const both = await pair("udp");
  const accepted = new Promise<SipDialog>((resolve) => {
    both.callee.onInvite = (invite) => {
      resolve(invite.accept(someOffer));
    };
  });
  const result = await both.caller.invite({ uri: both.uri, from: from }).result;
  t.equal(result.ok && result.value.remoteSdp, someOffer);
  t.equal((await accepted).remoteSdp, "");
  if (result.ok) await result.value.bye();
  await finish(t, both);
});

await t.test("digest: INVITE with qop, REGISTER without, and a wrong password", async (t) => {
  const both = await pair("tcp");
  const credentials = { username: "alice", password: "secret" };
  const expected = { realm: "test", nonce: "abc", credentials };
  both.callee.onInvite = (invite) => {
    if (checkAuthorization(invite.request, expected)) invite.accept(someAnswer);
    else
      invite.reject(407, undefined, [
        ["Proxy-Authenticate", 'Digest realm="test", nonce="abc", qop="auth,auth-int", algorithm=MD5'],
      ]);
  };
  let tries = 0;
  both.callee.onRequest = ({ request, respond }) => {
    tries += 1;
    if (checkAuthorization(request, expected)) respond(200, { headers: [["Contact", "<sip:alice@x>;expires=90"]] });
    else respond(401, { headers: [["WWW-Authenticate", 'Digest realm="test", nonce="abc"']] });
  };
  const call = await both.caller.invite({ uri: both.uri, from: from, sdp: someOffer, auth: credentials }).result;
  t.ok(call.ok);
  if (call.ok) {
    t.equal(call.value.initial.cseq.number, 2);
    t.match(call.value.initial.headers.get("Proxy-Authorization"), /qop=auth, nc=00000001/);
    await call.value.bye();
  }
  const registered = await both.caller.request({ method: "REGISTER", uri: both.uri, auth: credentials });
  t.equal(registered.ok && registered.value.status, 200);
  t.equal(tries, 2);
  const wrong = await both.caller.request({
    method: "REGISTER",
    uri: both.uri,
    auth: { ...credentials, password: "no" },
  });
  t.equal(wrong.ok && wrong.value.status, 401);
  t.equal(tries, 4);
  await finish(t, both);
});

await t.test("automatic responses of a user agent", async (t) => {
  const both = await pair("udp");
  const ask = async (method: string, headers: readonly (readonly [string, string])[] = []): Promise<number> => {
    const result = await both.caller.request({ method, uri: both.uri, headers });
    return result.ok ? result.value.status : -1;
  };
  t.equal(await ask("OPTIONS"), 200);
  t.equal(await ask("REGISTER"), 405);
  t.equal(await ask("OPTIONS", [["Require", "100rel"]]), 420);
  t.equal(await ask("BYE", [["To", "<sip:bob@x>;tag=unknown"]]), 481);
  t.match(await both.caller.invite({ uri: both.uri, from: from }).result, { ok: false, failure: { status: 480 } });
  const { ours, theirs } = await establish(both);
  both.callee.onInvite = () => undefined;
  const inside = [
    ["To", `<${both.uri}>;tag=${theirs.localTag}`],
    ["From", `<sip:a@x>;tag=${ours.localTag}`],
    ["Call-ID", ours.callId],
  ] as const;
  t.equal(await ask("INFO", [...inside, ["CSeq", "0 INFO"]]), 500, "older than the INVITE");
  t.equal(await ask("REFER", [...inside, ["CSeq", "9 REFER"]]), 405);
  await theirs.bye();
  await finish(t, both);
});
