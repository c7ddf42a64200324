import t from "tap";

import { addressOf, DialogState, nextHop } from "../../../src/softphone/sip/dialog-state.js";
import { answerChallenge, checkAuthorization, parseDigest } from "../../../src/softphone/sip/digest.js";
import { SipRequest, SipResponse } from "../../../src/softphone/sip/index.js";
import { FakeFlow, requestFrom } from "./support.js";

function dialogs(recordRoutes: readonly string[]): { caller: DialogState; callee: DialogState } {
  const invite = requestFrom("INVITE");
  for (const route of recordRoutes) invite.headers.add("Record-Route", route);
  const answer = SipResponse.to(invite, 200, {
    toTag: "b",
    headers: [
      ...recordRoutes.map((route) => ["Record-Route", route] as const),
      ["Contact", "<sip:bob@10.0.0.2:5070;transport=tcp>"],
    ],
  });
  const flow = new FakeFlow("udp");
  return { caller: DialogState.ofCaller(invite, answer, flow), callee: DialogState.ofCallee(invite, answer, flow) };
}

await t.test("both sides create the same dialog, mirrored", (t) => {
  const { caller, callee } = dialogs([]);
  t.same([caller.callId, caller.localTag, caller.remoteTag], [callee.callId, callee.remoteTag, callee.localTag]);
  const bye = caller.request("BYE", { headers: [["Reason", "x"]] });
  t.equal(bye.uri, "sip:bob@10.0.0.2:5070;transport=tcp");
  t.same([bye.fromTag, bye.toTag, bye.cseq.number], ["a", "b", 2]);
  t.same(nextHop(bye), { transport: "tcp", address: "10.0.0.2", port: 5070 });
  const info = callee.request("INFO");
  t.same([info.fromTag, info.toTag, info.cseq.number, info.uri], ["b", "a", 1, "sip:alice@127.0.0.1:5062"]);
  t.equal(caller.request("ACK", { sequence: 1 }).cseq.number, 1);
  t.equal(caller.request("INFO").cseq.number, 3, "an ACK counts nothing up");
  t.end();
});

await t.test("loose routing: the caller reverses the recorded route, the callee keeps it", (t) => {
  const { caller, callee } = dialogs(["<sip:p2.example.com;lr>", "<sip:p1.example.com;lr;transport=tls>"]);
  const fromCaller = caller.request("BYE");
  t.equal(fromCaller.uri, "sip:bob@10.0.0.2:5070;transport=tcp");
  t.same(fromCaller.headers.all("Route"), ["<sip:p1.example.com;lr;transport=tls>", "<sip:p2.example.com;lr>"]);
  t.same(nextHop(fromCaller), { transport: "tls", address: "p1.example.com", port: 5061 });
  const fromCallee = callee.request("BYE");
  t.same(fromCallee.headers.all("Route"), ["<sip:p2.example.com;lr>", "<sip:p1.example.com;lr;transport=tls>"]);
  t.same(nextHop(fromCallee), { transport: "udp", address: "p2.example.com", port: 5060 });
  t.end();
});

await t.test("strict routing (RFC 3261 section 12.2.1.1): the first route becomes the Request-URI", (t) => {
  const { callee } = dialogs(["<sip:strict.example.com>", "<sip:p1.example.com;lr>"]);
  const request = callee.request("BYE");
  t.equal(request.uri, "sip:strict.example.com");
  t.same(request.headers.all("Route"), ["<sip:p1.example.com;lr>", "<sip:alice@127.0.0.1:5062>"]);
  t.end();
});

await t.test("older requests are detected, and the target follows the Contact", (t) => {
  const { callee } = dialogs([]);
  t.equal(callee.inOrder(requestFrom("INFO", { cseq: 5 })), true);
  t.equal(callee.inOrder(requestFrom("INFO", { cseq: 4 })), false);
  const moved = requestFrom("INVITE", { cseq: 6 });
  moved.headers.set("Contact", "<sip:alice@10.0.0.9>");
  callee.refreshTarget(moved);
  t.equal(callee.request("BYE").uri, "sip:alice@10.0.0.9");
  t.end();
});

await t.test("targets of URIs", (t) => {
  t.same(addressOf("sips:a@h"), { transport: "tls", address: "h", port: 5061 });
  t.same(addressOf("sip:a@h;transport=TLS"), { transport: "tls", address: "h", port: 5061 });
  t.same(addressOf("sip:a@[::1]:5070;transport=tcp"), { transport: "tcp", address: "::1", port: 5070 });
  t.same(addressOf("sip:h"), { transport: "udp", address: "h", port: 5060 });
  for (const none of ["tel:+49", "sip:h;transport=sctp", "x"]) t.equal(addressOf(none), undefined, none);
  t.end();
});

await t.test("digest: which challenges can be answered", (t) => {
  const request = new SipRequest("REGISTER", "sip:example.org");
  const credentials = { username: "u", password: "p" };
  const answer = (status: number, ...challenges: string[]): readonly [string, string] | undefined => {
    const name = status === 407 ? "Proxy-Authenticate" : "WWW-Authenticate";
    return answerChallenge(
      new SipResponse(
        status,
        "x",
        challenges.map((challenge) => [name, challenge] as const),
      ),
      request,
      credentials,
      "c0ffee",
    );
  };
  t.match(answer(401, 'Digest realm="r", nonce="n"'), [
    "Authorization",
    /^Digest username="u", realm="r", nonce="n", uri="sip:example.org", response="[0-9a-f]{32}"$/,
  ]);
  t.match(answer(407, 'Digest realm="r", nonce="n", qop="auth", opaque="o", algorithm=md5'), [
    "Proxy-Authorization",
    /cnonce="c0ffee", qop=auth, nc=00000001, algorithm=md5, opaque="o"$/,
  ]);
  t.match(answer(401, 'Digest realm="r", nonce="1", algorithm=SHA-256', 'Digest realm="r", nonce="2"'), [
    "Authorization",
    /nonce="1"/,
  ]);
  t.match(answer(401, 'Digest realm="r", nonce="1", algorithm=SHA-1', 'Digest realm="r", nonce="2"'), [
    "Authorization",
    /nonce="2"/,
  ]);
  t.equal(answer(401, 'Digest realm="r", nonce="n", qop="auth-int"'), undefined);
  t.equal(parseDigest("Basic abc"), undefined);
  t.equal(answer(401, 'Basic realm="r"', 'Digest realm="no nonce"'), undefined);
  const [name, value] = answer(401, 'Digest realm="r", nonce="n", qop="auth"') ?? ["", ""];
  request.headers.add(name, value);
  t.equal(checkAuthorization(request, { realm: "r", nonce: "n", credentials }), true);
  t.equal(checkAuthorization(request, { realm: "r", nonce: "old", credentials }), false);
  t.equal(
    checkAuthorization(request, { realm: "r", nonce: "n", credentials: { ...credentials, password: "q" } }),
    false,
  );
  t.end();
});
