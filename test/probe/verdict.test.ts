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

await t.test("the first step that went wrong is named", (t) => {
  t.strictSame(judge(good, aim), { ok: true });
  const cases: readonly (readonly [string, Partial<ProbeObservations>, Partial<ProbeAim>, object])[] = [
    ["aborted", { interrupted: true, joined: undefined }, {}, { stage: "interrupted" }],
    [
      "refused",
      {
        refusal: { by: "peer", status: 486, reason: "Busy", warning: undefined, headers: [] },
        reception: { ...good.reception, packetsIn: 0 },
      },
      {},
      { stage: "answer", why: /^486: the line is busy/, said: "Busy" },
    ],
    [
      "no audio",
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
      "other keys",
      { prompts: [], typed: false, reception: { ...good.reception, packetsIn: 0, rejected: 7 } },
      {},
      { stage: "media", why: "none of 7 audio packets is authentic" },
    ],
    ["nothing said", { prompts: [], typed: false, joined: undefined }, {}, { stage: "prompt", why: /no recording/ }],
    [
      "not asked",
      {
        prompts: [{ name: "welcome", language: "de", offsetMs: 0 }],
        typed: false,
        joined: undefined,
        endedBy: { by: "remote", reason: "bye" },
      },
      {},
      { stage: "prompt", why: /the other side hung up$/, said: "bye" },
    ],
    ["keys not sent", { typed: false, joined: undefined }, {}, { stage: "pin" }],
    ["wrong PIN", { rejection: "pin-unknown", joined: undefined }, {}, { stage: "pin", why: /knows no conference/ }],
    ["outage", { rejection: "service-unavailable", joined: undefined }, {}, { stage: "pin", why: /can't verify/ }],
    ["conference refuses", { rejection: "conference-unavailable", joined: undefined }, {}, { stage: "join" }],
    ["nowhere", { joined: undefined, toneHeard: false }, {}, { stage: "join" }],
    ["no tone", { joined: "silence", toneHeard: false }, {}, { stage: "tone", why: /620 Hz/ }],
    [
      "holes",
      { reception: { ...good.reception, lost: 50 } },
      {},
      { stage: "media", why: "9.1 % of the packets are lost" },
    ],
    ["hung up on", { endedBy: { by: "remote", reason: undefined } }, {}, { stage: "end" }],
    ["line lost", { endedBy: { by: "lost", reason: undefined } }, {}, { stage: "end", why: "the call was lost" }],
    ["disk full", { recordingFault: "ENOSPC" }, {}, { stage: "recording", why: /ENOSPC/ }],
  ];
  for (const [name, seen, other, verdict] of cases)
    t.match(judge({ ...good, ...seen }, { ...aim, ...other }), { ok: false, ...verdict }, name);
  t.strictSame(
    judge({ ...good, reception: { ...good.reception, lost: 20 } }, aim),
    { ok: true },
    "4 % lost is a call still",
  );
  t.strictSame(
    judge({ ...good, prompts: [], typed: false, joined: undefined }, { pin: false, prompt: false, tone: 620 }),
    { ok: true },
    "a tone alone",
  );
  t.end();
});

await t.test("every recording that stands for a failure is one of einwahl's", (t) => {
  const known: readonly string[] = promptNames;
  t.strictSame(
    Object.keys(rejections).filter((name) => !known.includes(name)),
    [],
  );
  t.end();
});

await t.test("what kept a call from being answered", (t) => {
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

await t.test("each recording is told once, and only when it is unmistakable", (t) => {
  const heard = new HeardPrompts();
  const match = { name: "de/welcome", offsetMs: 100, heardMs: 300, complete: false, alsoPossible: [], score: 1 };
  t.strictSame(heard.look([match]), [], "too short yet");
  t.strictSame(heard.look([{ ...match, heardMs: 700, alsoPossible: ["de/waiting"] }]), [], "might be another");
  t.strictSame(heard.look([{ ...match, heardMs: 700, score: 0.5 }]), [], "little like it");
  t.strictSame(heard.look([{ ...match, heardMs: 700 }]), [{ name: "welcome", language: "de", offsetMs: 100 }]);
  t.strictSame(heard.look([{ ...match, offsetMs: 120, heardMs: 900, complete: true }]), [], "the same again");
  t.equal(heard.lastEndMs, 1_020);
  t.strictSame(
    heard.look([{ ...match, offsetMs: 5_000, heardMs: 700 }]),
    [{ name: "welcome", language: "de", offsetMs: 5_000 }],
    "said twice",
  );
  t.strictSame(heard.look([{ ...match, name: "music/hold", offsetMs: 9_000, complete: true }]), [
    { name: "music/hold", language: undefined, offsetMs: 9_000 },
  ]);
  t.end();
});
