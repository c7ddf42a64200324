import t, { type Test } from "tap";

import { numberWithoutMeeting, type TrialCaller } from "../../src/check/bbb-call.js";
import type { Finding } from "../../src/check/check.js";
import type { SampleBbb } from "../../src/simulators/bbb/sample-bbb.js";
import { type Clock, systemClock } from "../../src/util/clock.js";
import { serve } from "../simulators/bbb/support/sample.js";
import { trialCall } from "../support/trial-call.js";

/** A clock that shortens pauses to a fifth. */
const hurried: Clock = { now: () => systemClock.now(), after: (ms, callback) => systemClock.after(ms / 5, callback) };

async function look(t: Test, bbb: SampleBbb, caller?: Partial<TrialCaller>, clock?: Clock): Promise<Finding> {
  const finding = await trialCall(bbb.sipPort, caller, clock);
  t.strictSame(bbb.members(), [], "no member is left");
  t.strictSame(bbb.adHocConferences(), [], "no conference is left");
  return finding;
}

await t.test("a trial call to a BBB server", async (t) => {
  const bbb = await serve(t);

  await t.test("488: calls are accepted, with SRTP", async (t) => {
    t.match(await look(t, bbb), { severity: "ok", message: /accepts calls, with SRTP/ });
    const [invite = ""] = bbb.voice.invites.slice(-1);
    t.match(invite, new RegExp(`^INVITE sip:${numberWithoutMeeting}@127.0.0.1`));
    t.match(invite, /^From: "Anonym" </m, "with the name of callers without a number");
  });

  await t.test("480: the dialplan file is missing or has another address", async (t) => {
    bbb.voice.allowed = [];
    t.match(await look(t, bbb), {
      severity: "error",
      message: /480 Temporarily Unavailable.*accepts no calls from this machine/,
      cure: /01_einwahl\.xml.*00_einwahl_gateway\.xml.*reloadxml/,
    });
    t.match(
      await look(t, bbb, { isLocal: false }),
      { severity: "warning", cure: /check\.sh there/ },
      "a warning if the media servers are on another machine",
    );
    bbb.voice.allowed = ["127.0.0.1"];
  });

  await t.test("603: the caller's name is refused", async (t) => {
    t.match(await look(t, bbb, { name: "Anonymous" }), {
      severity: "error",
      message: /603 Decline.*the name "Anonymous"/,
      cure: /label\.anonymous/,
    });
  });

  await t.test("503, no session free: retried after a second", async (t) => {
    bbb.voice.sessionsPerSecond = 0;
    const refused = bbb.voice.refused;
    const found = look(t, bbb, {}, hurried);
    while (bbb.voice.refused === refused) await new Promise(setImmediate);
    bbb.voice.sessionsPerSecond = 30;
    t.match(await found, { severity: "ok" });
    bbb.voice.sessionsPerSecond = 0;
    t.match(await look(t, bbb, {}, hurried), {
      severity: "warning",
      message: /503 Maximum Calls In Progress: no session was available/,
      cure: /sessions-per-second/,
    });
    bbb.voice.sessionsPerSecond = 30;
  });

  await t.test("answered without SRTP: BYE at once", async (t) => {
    bbb.voice.srtp = "optional";
    const entered: string[] = [];
    const left = new Promise<void>((resolve) => {
      bbb.onLeave(() => {
        resolve();
      });
    });
    bbb.onJoin(({ voiceBridge }) => entered.push(voiceBridge));
    t.match(await look(t, bbb), {
      severity: "warning",
      message: /accepts calls without SRTP/,
      cure: /01_einwahl\.xml/,
    });
    await left;
    t.strictSame(entered, [numberWithoutMeeting], "the call was answered");
    t.match(await look(t, bbb, { mayBePlain: true }), { severity: "ok" });
    bbb.voice.srtp = "mandatory";
  });

  await t.test("no answer: CANCEL", async (t) => {
    bbb.voice.refusal = { kind: "no-answer", ringing: true };
    t.match(await look(t, bbb, {}, hurried), { severity: "error", message: /does not respond to a call/ });
    t.equal(bbb.counts().unanswered, 0, "the INVITE is cancelled");
    bbb.voice.refusal = undefined;
  });

  for (const [status, severity, message] of [
    [407, "error", /password/],
    [500, "error", /500/],
    [503, "error", /503/],
  ] as const) {
    await t.test(`${status}: reported as ${severity}`, async (t) => {
      bbb.voice.refusal = { kind: "status", status };
      t.match(await look(t, bbb), { severity, message });
      bbb.voice.refusal = undefined;
    });
  }
  t.match(bbb.counts(), { members: 0, mediaSessions: 0, dialogs: 0, unanswered: 0 }, "nothing is left");
});
