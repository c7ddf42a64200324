import { formatHostPort } from "../../softphone/sip/uri.js";
import { rawInvite } from "./raw-invite.js";
import { uriTowards } from "./route.js";
import { type Scenario, type ScenarioTools, went } from "./scenario.js";
import { type Caller, type CallOutcome, TestCall } from "./test-call.js";
import { listensPlain, sendRaw, type TlsFacts } from "./tls-line.js";

export const unknownNumber: Scenario = {
  title: "a number that no trunk has",
  run: async (tools, caller) =>
    await TestCall.place(
      tools,
      caller,
      { dial: { uri: uriTowards(tools.route.dial, tools.otherNumber()) } },
      async (call) => expectRefusal(await call.refusal(), ["refused with 404"]),
    ),
};

export const plainRtp: Scenario = {
  title: "no SRTP offered",
  run: async (tools, caller) =>
    await TestCall.place(tools, caller, { dial: { srtp: "none", profile: "RTP/AVP" } }, async (call) => {
      const outcome = expectRefusal(await call.refusal(), ["refused with 488"]);
      tools.noteEvidence([{ leg: "caller", ok: outcome.ok, what: `a call without SRTP is ${outcome.what}` }]);
      return outcome;
    }),
};

export const plainSip: Scenario = {
  title: "SIP without TLS",
  run: async (tools, caller) => {
    const { route, clock } = tools;
    const { plainPort, host } = route;
    if (plainPort === undefined) return went(true, "left out");
    if (!(await listensPlain({ host, port: plainPort }, clock))) {
      tools.noteEvidence([
        { leg: "caller", ok: true, what: `nothing accepts SIP without TLS at ${formatHostPort(host, plainPort)}` },
      ]);
      return went(true, "nothing listens there");
    }
    const uri = route.dial.uri
      .replace(/@[^;]*/, `@${formatHostPort(host, plainPort)}`)
      .replace(/;transport=\w+/, ";transport=tcp");
    return await TestCall.place(
      tools,
      caller,
      {
        phone: { transport: "tcp" },
        dial: { uri, nextHop: { transport: "tcp", address: host, port: plainPort } },
      },
      async (call) => {
        const outcome = expectRefusal(await call.refusal(), ["refused with 403"]);
        tools.noteEvidence([{ leg: "caller", ok: outcome.ok, what: `a call over TCP without TLS is ${outcome.what}` }]);
        return outcome;
      },
    );
  },
};

export const unusableOffer: Scenario = {
  title: "an unusable SDP",
  run: async (tools, caller) =>
    await TestCall.place(
      tools,
      caller,
      {
        dial: {
          rewriteOffer: (sdp) =>
            sdp
              .replace(/^s=.*$/m, `s=${caller.number.reveal()}`)
              .replace(/^m=audio (\d+) \S+ .*$/m, "m=audio $1 RTP/SAVP 126"),
        },
      },
      async (call) => expectRefusal(await call.refusal(), ["refused with 488", "refused with 400"]),
    ),
};

/** Malformed requests: error logs about them must not contain their text. */
export const malformed: Scenario = {
  title: "malformed requests",
  run: async (tools, caller) => {
    const { route, clock } = tools;
    const answers: string[] = [];
    let tls: TlsFacts | undefined;
    for (const message of malformedRequests(tools, caller)) {
      const answer = await sendRaw(route, route.phone.tls, message, clock);
      if (answer.ok) {
        answers.push(String(answer.value.status));
        tls = answer.value.tls;
      } else answers.push(answer.failure);
      if (tools.stop.isSet) break;
    }
    if (tls === undefined) return went(false, `not answered: ${answers.join(", ")}`);
    const verified = route.phone.tls?.verify === false ? "not verified" : "verified";
    tools.noteEvidence([
      {
        leg: "caller",
        ok: /^TLSv1\.[23]$/.test(tls.protocol),
        what: `our SIP goes over ${tls.protocol}, ${tls.cipher}, the certificate is ${verified}`,
      },
    ]);
    return went(true, `answered with ${answers.join(", ")}`);
  },
};

function malformedRequests({ route }: ScenarioTools, { number, name }: Caller): readonly string[] {
  const caller = number.reveal();
  const from = { number: caller, name: name.reveal() };
  return [
    rawInvite(route, from, [`X-Number ${caller}`]),
    rawInvite(route, from, [], "sip/2.0"),
    rawInvite(route, from, [`P-Asserted-Identity: <sip:${caller}@`, `Session-Expires: ${caller}`]),
    rawInvite(route, from, [`Contact: "${caller}`, `Require: ${caller}`]),
  ];
}

function expectRefusal(refusal: string | undefined, expected: readonly string[]): CallOutcome {
  if (refusal === undefined) return went(false, "answered, but must be refused");
  return went(expected.includes(refusal), refusal);
}
