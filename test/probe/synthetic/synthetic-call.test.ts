import t from "tap";

import type { Admission } from "../../../src/call/interfaces.js";
import type { Caller } from "../../../src/caller/caller.js";
import { type InviteFacts, withoutParties } from "../../../src/caller/invite.js";
import { CallerNumber } from "../../../src/caller/secret.js";
import type { ProbeReport, ProbeTools } from "../../../src/probe/probe-call.js";
import type { ProbePlan } from "../../../src/probe/probe-plan.js";
import { SyntheticAdmission } from "../../../src/probe/synthetic/synthetic-admission.js";
import { placeSyntheticCall } from "../../../src/probe/synthetic/synthetic-call.js";
import { localRoute } from "../../../src/probe/synthetic/test-route.js";
import type { Verdict } from "../../../src/probe/verdict.js";
import { Latch } from "../../../src/util/latch.js";
import { failure, type Result, success } from "../../../src/util/result.js";
import { FakeClock, settle } from "../../support/fake-clock.js";
import { someInvite } from "../../support/fake-incoming-call.js";

const voiceBridge = "123456789";
const secret = "0f".repeat(16);
const well: Verdict = { ok: true };
const noTone: Verdict = { ok: false, stage: "tone", why: "no tone was heard", said: "", cure: "" };
const refused: Verdict = { ok: false, stage: "join", why: "it refuses", said: "", cure: "" };

type Fields = ReadonlyMap<string, string>;

/** Two test phones with the test's outcomes, and an API that records its requests. */
function bench(verdicts: readonly Verdict[] = [well, well]) {
  const clock = new FakeClock();
  const stop = new Latch<true>();
  const admission = new SyntheticAdmission({ admit: () => failure("unknown-source") });
  const plans: ProbePlan[] = [];
  const asked: string[] = [];
  const leftOpen: string[] = [];
  const notArrived: number[] = [];
  const world = {
    clock,
    stop,
    admission,
    plans,
    asked,
    leftOpen,
    notArrived,
    created: success(new Map([["voiceBridge", voiceBridge]])) as Result<Fields, string>,
    ended: success(new Map()) as Result<Fields, string>,
    prompts: success([]) as Result<readonly [], string>,
    /** Runs until it is aborted. */
    isEndless: false,
    parameters: {} as Readonly<Record<string, string>>,
    placeCall: async (plan: ProbePlan, tools: ProbeTools): Promise<ProbeReport> => {
      const place = plans.push(plan) - 1;
      if (world.isEndless)
        await new Promise<void>((resolve) => {
          tools.stop.onSet(() => {
            resolve();
          });
        });
      else tools.onEvent({ kind: "tone", hz: plan.expectTone ?? 0, level: 0.2, atMs: 4_000 + place });
      return {
        verdict: tools.stop.isSet
          ? { ok: false, stage: "interrupted", why: "", said: "", cure: "" }
          : (verdicts[place] ?? well),
        events: world.isEndless ? [] : [{ kind: "tone", hz: plan.expectTone ?? 0, level: 0.2, atMs: 4_000 + place }],
        codec: "PCMA",
        suite: "AEAD_AES_256_GCM",
        firstResponseMs: 10,
        answeredMs: 100 + place,
        totalMs: 5_000,
        media: {
          packetsIn: 1,
          packetsOut: 1,
          lost: 0,
          rejected: 0,
          jitterMs: 0,
          longestGapMs: 20,
        } as ProbeReport["media"],
      };
    },
    run: () =>
      placeSyntheticCall({
        conference: {
          api: {
            create: async (parameters) => {
              asked.push("create");
              world.parameters = parameters;
              return await Promise.resolve(world.created);
            },
            end: async (meetingId, password) => {
              asked.push(`end ${meetingId} ${password}`);
              return await Promise.resolve(world.ended);
            },
          },
          voiceBridge,
          meetingId: "test-1",
          password: "nobody",
        },
        admission,
        findRoute: () =>
          localRoute({
            signalling: { state: "connected", addresses: [{ transport: "tls", host: "127.0.0.1", port: 5061 }] },
            contact: undefined,
            secret,
            language: "de",
          }),
        onNotArrived: () => notArrived.push(admission.arrived),
        readPrompts: () => Promise.resolve(world.prompts),
        placeCall: (plan, tools) => world.placeCall(plan, tools),
        clock,
        stop,
        onLeftOpen: (why) => leftOpen.push(why),
      }),
  };
  return world;
}

function invite(user: string, transport: "tls" | "udp" = "tls"): InviteFacts {
  const source = { address: "127.0.0.1", port: 40_000, transport };
  return { ...withoutParties({ ...someInvite, source }), requestUri: `sip:${user}@192.0.2.7:5061;transport=tls` };
}

/** The admission of a synthetic call; `undefined`: left to the trunks. */
function claim(admission: SyntheticAdmission, call: InviteFacts): Admission | undefined {
  const admitted = admission.admit(call);
  return admitted.ok && admitted.value.origin === "synthetic" ? admitted.value : undefined;
}

await t.test("two test phones that wait for each other's tone, in a conference without recording", async (t) => {
  const world = bench();
  t.same(await world.run(), { failure: undefined, answeredMs: 101, heardMs: 4_001, totalMs: 0 });
  t.match(world.parameters, {
    voiceBridge,
    record: "false",
    duration: "3",
    meetingExpireIfNoUserJoinedInMinutes: "3",
    guestPolicy: "ALWAYS_ACCEPT",
  });
  t.same(world.asked, ["create", "end test-1 nobody"]);
  const [one, other] = world.plans;
  t.same(one?.play, { hz: other?.expectTone });
  t.same(other?.play, { hz: one?.expectTone });
  t.match(one, {
    pin: voiceBridge,
    dial: { uri: `sip:${secret}@127.0.0.1:5061;transport=tls`, srtp: "mandatory" },
    recording: undefined,
  });
  t.ok(one?.enough?.isSet, "both hang up after both have heard the tone");
  t.same([world.clock.pending, world.stop.listenerCount], [0, 0]);
  t.equal(claim(world.admission, invite(secret)), undefined, "admission is closed");
});

await t.test("the first fault is the result, and the conference is always ended", async (t) => {
  const other = bench([noTone, refused]);
  t.match(await other.run(), { failure: { stage: "join", why: "it refuses" } }, "not the missing tone");
  const silent = bench([noTone, well]);
  t.match(await silent.run(), { failure: { stage: "tone" } });

  const noApi = bench();
  noApi.created = failure("HTTP status 502");
  t.match(await noApi.run(), { failure: { stage: "conference", why: "HTTP status 502" }, answeredMs: undefined });
  t.same([noApi.plans.length, noApi.asked], [0, ["create", "end test-1 nobody"]], "it may have been created");
  const otherNumber = bench();
  otherNumber.created = success(new Map([["voiceBridge", "70000"]]));
  t.match(await otherNumber.run(), { failure: { stage: "conference" } });

  const noPrompts = bench();
  noPrompts.prompts = failure("no folder");
  noPrompts.ended = failure("timeout");
  t.match(await noPrompts.run(), { failure: { stage: "prompt", why: "no folder" } });
  t.same(noPrompts.leftOpen, ["timeout"]);

  const bug = bench();
  bug.placeCall = () => Promise.reject(new Error("no socket"));
  await t.rejects(bug.run(), /no socket/);
  t.same([bug.asked.at(-1), bug.clock.pending, bug.stop.listenerCount], ["end test-1 nobody", 0, 0]);
});

await t.test("it ends after 90 s at the latest, or at once when einwahl stops", async (t) => {
  const endless = bench();
  endless.isEndless = true;
  const running = endless.run();
  await endless.clock.advance(89_999);
  t.same(endless.asked, ["create"]);
  await endless.clock.advance(1);
  t.match(await running, { failure: { stage: "interrupted", why: "it did not finish within 90 s" }, totalMs: 90_000 });
  t.equal(endless.asked.at(-1), "end test-1 nobody");

  const stopped = bench();
  stopped.isEndless = true;
  const broken = stopped.run();
  await settle();
  stopped.stop.set(true);
  t.match(await broken, { failure: { stage: "interrupted", why: "it was aborted" } });
  t.same([stopped.asked.at(-1), stopped.clock.pending], ["end test-1 nobody", 0]);
});

await t.test("while open, two calls to the secret user over TLS are admitted", (t) => {
  const admission = new SyntheticAdmission({ admit: () => failure("unknown-source") });
  t.equal(claim(admission, invite(secret)), undefined);
  admission.open({ kind: "secret", user: secret, language: "en" });
  t.equal(claim(admission, invite("0e".repeat(16))), undefined);
  t.equal(claim(admission, invite(secret, "udp")), undefined);
  t.match(claim(admission, invite(secret)), {
    origin: "synthetic",
    trunk: "(test)",
    languages: ["en"],
    caller: { kind: "anonymous" },
    srtp: "mandatory",
  });
  t.ok(claim(admission, invite(secret)));
  t.equal(claim(admission, invite(secret)), undefined, "a third call is not admitted");
  admission.close();
  t.end();
});

await t.test("over a trunk the calls are identified by the trunk's own number as the caller", (t) => {
  const caller = (digits: string): Caller => {
    const number = CallerNumber.parse(digits);
    if (!number.ok) throw new Error(digits);
    return { kind: "number", number: number.value };
  };
  let admitted: Admission = {
    origin: "regular",
    trunk: "line",
    channels: 1,
    calledNumberFrom: "to",
    languages: ["de", "en"],
    caller: caller("+493012345678"),
    srtp: "mandatory",
  };
  const admission = new SyntheticAdmission({ admit: () => success(admitted) });
  t.equal(claim(admission, invite("x")), undefined);
  admission.open({ kind: "trunk", trunk: "line", numbers: ["+493012345678"] });
  t.match(claim(admission, invite("x")), { trunk: "line" });
  t.equal(admission.arrived, 1);
  for (const other of [
    { trunk: "other" },
    { caller: caller("+493012345679") },
    { caller: { kind: "anonymous" } as const },
  ]) {
    const before = admitted;
    admitted = { ...admitted, ...other };
    t.equal(claim(admission, invite("x")), undefined, "another caller meanwhile");
    admitted = before;
  }
  t.end();
});

await t.test("not answered and not delivered: the trunk may not deliver calls", async (t) => {
  const unanswered: Verdict = { ok: false, stage: "answer", why: "480", said: "", cure: "" };
  const deaf = bench([unanswered, unanswered]);
  t.match(await deaf.run(), { failure: { stage: "answer" } });
  t.same(deaf.notArrived, [0]);
  const other = bench([refused, refused]);
  await other.run();
  t.same(other.notArrived, []);
});
