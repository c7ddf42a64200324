import t from "tap";

import { promptNames } from "../../src/call/prompts.js";
import { explainFailure } from "../../src/probe/explain-failure.js";
import { HeardPrompts } from "../../src/probe/heard-prompts.js";
import { judge, type ProbeAim, type ProbeObservations, rejections } from "../../src/probe/verdict.js";

const good: ProbeObservations = {
  refusal: undefined,
  prompts: [{ name: "enter-pin", language: "de", offsetMs: 500 }],
  rejection: undefined,
  typed: true,
  joined: "tone",
  toneHeard: true,
  endedBy: undefined,
  interrupted: false,
  recordingFault: undefined,
  reception: { packetsIn: 500, packetsOut: 500, lost: 0, rejected: 0 },
};
const aim: ProbeAim = { pin: true, prompt: true, tone: 620 };

await t.test("the verdict names the first step that failed", (t) => {
  t.strictSame(judge(good, aim), { ok: true });
  const cases: readonly (readonly [
    string,
    Partial<ProbeObservations>,
    Partial<ProbeAim>,
    { readonly stage: string; readonly why?: RegExp | string; readonly said?: string },
  ])[] = [
    ["interrupted by Ctrl-C", { interrupted: true, joined: undefined }, {}, { stage: "interrupted" }],
    [
      "call refused with 486",
      {
        refusal: { by: "peer", status: 486, reason: "Busy", warning: undefined, headers: [] },
        reception: { ...good.reception, packetsIn: 0 },
      },
      {},
      { stage: "answer", why: /^486: the line is busy/, said: "Busy" },
    ],
    [
      "no audio packet received",
      {
        prompts: [],
        typed: false,
        joined: undefined,
        toneHeard: false,
        reception: { ...good.reception, packetsIn: 0 },
      },
      {},
      { stage: "media", why: /no audio/ },
    ],
    [
      "audio packets under other SRTP keys",
      { prompts: [], typed: false, reception: { ...good.reception, packetsIn: 0, rejected: 7 } },
      {},
      { stage: "media", why: "none of 7 audio packets is authentic" },
    ],
    [
      "no prompt recognised",
      { prompts: [], typed: false, joined: undefined },
      {},
      { stage: "prompt", why: /no recording/ },
    ],
    [
      "hung up before the PIN prompt",
      {
        prompts: [{ name: "welcome", language: "de", offsetMs: 0 }],
        typed: false,
        joined: undefined,
        endedBy: { by: "remote", reason: "bye" },
      },
      {},
      { stage: "prompt", why: /the other side hung up$/, said: "bye" },
    ],
    ["digits not sent", { typed: false, joined: undefined }, {}, { stage: "pin" }],
    [
      "prompt: unknown PIN",
      { rejection: "pin-unknown", joined: undefined },
      {},
      { stage: "pin", why: /knows no conference/ },
    ],
    [
      "prompt: conferences unreachable",
      { rejection: "service-unavailable", joined: undefined },
      {},
      { stage: "pin", why: /can't verify/ },
    ],
    [
      "prompt: conference unavailable",
      { rejection: "conference-unavailable", joined: undefined },
      {},
      { stage: "join" },
    ],
    ["neither joined nor refused", { joined: undefined, toneHeard: false }, {}, { stage: "join" }],
    ["expected tone not heard", { joined: "silence", toneHeard: false }, {}, { stage: "tone", why: /620 Hz/ }],
    [
      "9.1 % packet loss",
      { reception: { ...good.reception, lost: 50 } },
      {},
      { stage: "media", why: "9.1 % of the packets are lost" },
    ],
    ["hung up by the other side", { endedBy: { by: "remote", reason: undefined } }, {}, { stage: "end" }],
    ["call lost", { endedBy: { by: "lost", reason: undefined } }, {}, { stage: "end", why: "the call was lost" }],
    ["recording fails, disk full", { recordingFault: "ENOSPC" }, {}, { stage: "recording", why: /ENOSPC/ }],
  ];
  for (const [name, seen, other, verdict] of cases)
    t.match(
      judge({ ...good, ...seen }, { ...aim, ...other }),
      { ok: false, ...verdict },
      `${name}: failed at ${verdict.stage}`,
    );
  t.strictSame(
    judge({ ...good, reception: { ...good.reception, lost: 20 } }, aim),
    { ok: true },
    "4 % packet loss is accepted",
  );
  t.strictSame(
    judge({ ...good, prompts: [], typed: false, joined: undefined }, { pin: false, prompt: false, tone: 620 }),
    { ok: true },
    "without a PIN and a prompt the tone suffices",
  );
  t.end();
});

await t.test("every recording of a rejection is a prompt of einwahl", (t) => {
  const known: readonly string[] = promptNames;
  t.strictSame(
    Object.keys(rejections).filter((name) => !known.includes(name)),
    [],
  );
  t.end();
});

await t.test("the reason why a call is not answered, with a remedy", (t) => {
  const none = { warning: undefined, headers: [] };
  t.match(explainFailure({ by: "phone", status: 503, reason: "CERT_HAS_EXPIRED", ...none }), {
    stage: "connect",
    why: /expired/,
    cure: /renew/,
  });
  t.match(explainFailure({ by: "phone", status: 503, reason: "E_STRANGE", ...none }), {
    stage: "connect",
    why: /E_STRANGE/,
  });
  t.match(explainFailure({ by: "phone", status: 606, reason: "no crypto", ...none }), {
    stage: "answer",
    why: /no crypto/,
  });
  t.match(explainFailure({ by: "phone", status: 408, reason: "timeout", ...none }), { stage: "answer" });
  t.match(
    explainFailure({
      by: "peer",
      status: 503,
      reason: "Service Unavailable",
      warning: undefined,
      headers: [["Retry-After", "10"]],
    }),
    { stage: "answer", said: "Service Unavailable; again in 10 s" },
  );
  t.match(explainFailure({ by: "peer", status: 499, reason: "", ...none }), {
    why: "499: the call is refused",
    said: "",
  });
  t.end();
});

await t.test("each recording is reported once, and only if the match is unambiguous", (t) => {
  const heard = new HeardPrompts();
  const match = { name: "de/welcome", offsetMs: 100, heardMs: 300, complete: false, alsoPossible: [], score: 1 };
  t.strictSame(heard.look([match]), [], "heard for too short a time");
  t.strictSame(
    heard.look([{ ...match, heardMs: 700, alsoPossible: ["de/waiting"] }]),
    [],
    "another recording is also possible",
  );
  t.strictSame(heard.look([{ ...match, heardMs: 700, score: 0.5 }]), [], "low score");
  t.strictSame(heard.look([{ ...match, heardMs: 700 }]), [{ name: "welcome", language: "de", offsetMs: 100 }]);
  t.strictSame(heard.look([{ ...match, offsetMs: 120, heardMs: 900, complete: true }]), [], "the same playback");
  t.equal(heard.lastEndMs, 1_020);
  t.strictSame(
    heard.look([{ ...match, offsetMs: 5_000, heardMs: 700 }]),
    [{ name: "welcome", language: "de", offsetMs: 5_000 }],
    "played a second time",
  );
  t.strictSame(heard.look([{ ...match, name: "music/hold", offsetMs: 9_000, complete: true }]), [
    { name: "music/hold", language: undefined, offsetMs: 9_000 },
  ]);
  t.end();
});
