import { join } from "node:path";

import type { Stage } from "../call/progress.js";
import { readPrompts } from "../softphone/prompt-library.js";
import { TestPhone } from "../softphone/test-phone.js";
import { soundsDirectory } from "./engines.js";
import { type Breakable, demoCaller, demoConferences, demoNumbers, tones } from "./settings.js";
import type { DemoWorld } from "./world.js";

/** Result of the demo's call, as observed at the phone and in the conference. */
export interface DemoResult {
  readonly ok: boolean;
  readonly stages: readonly { readonly name: Stage; readonly ms: number }[];
  readonly pin: string;
  /** The BBB server that the caller joined, "" for none. */
  readonly server: string;
  /** The caller's name in the conference. */
  readonly label: string;
  readonly srtp: { readonly trunk: string; readonly bbb: string };
  readonly heard: {
    /** The first prompt that the caller heard. */
    readonly prompt: string;
    /** The conference's tone as heard by the caller, in Hz, 0 for none. */
    readonly conference: number;
    /** The caller's tone as heard by the conference, in Hz, 0 for none. */
    readonly caller: number;
  };
  /** Milliseconds. */
  readonly timings: { readonly inviteToAnswer: number; readonly lastDigitToConference: number };
  /** Calls, channels and conference members left after the call. */
  readonly leftBehind: number;
  /** The SIP response, if not 200. */
  readonly refused: string;
}

/** Timeout of each step of the call, in milliseconds. */
const waitTimeoutMs = 15_000;

type Findings = { -readonly [Key in keyof Omit<DemoResult, "ok" | "stages">]: DemoResult[Key] };

/** Calls the demo's number over TLS and SRTP, enters the PIN and checks the audio at both ends. */
export async function placeDemoCall(
  world: DemoWorld,
  broken: Breakable | undefined,
  stagesOf: () => Promise<DemoResult["stages"]>,
): Promise<DemoResult> {
  const [, conference] = demoConferences;
  const [{ number }] = demoNumbers;
  const findings: Findings = {
    pin: conference.pin,
    server: "",
    label: "",
    srtp: { trunk: "", bbb: "" },
    heard: { prompt: "", conference: 0, caller: 0 },
    timings: { inviteToAnswer: 0, lastDigitToConference: 0 },
    leftBehind: 0,
    refused: "",
  };
  // Before the call: this blocks the process, which also carries the call's audio.
  const prompts = await readPrompts(join(soundsDirectory, "de"));
  const phone = await TestPhone.open({
    transport: "tls",
    tls: { ca: world.certificates.ca },
    userAgent: "einwahl demo phone",
  });
  try {
    const call = await phone.dial({
      uri: `sip:${number}@127.0.0.1:${world.ports.sips};transport=tls`,
      number: demoCaller.number,
      srtp: broken === "srtp-trunk" ? "none" : "mandatory",
    });
    if (prompts.ok) call.audio.listenForPrompts(prompts.value);
    const answered = await call.answered;
    if (answered.ok) {
      findings.timings = { ...findings.timings, inviteToAnswer: Math.round((call.answeredAt ?? 0) - call.dialledAt) };
      findings.srtp = { ...findings.srtp, trunk: call.suite ?? "" };
      const prompt = await call.audio.waitForPrompt("welcome", waitTimeoutMs);
      findings.heard = { ...findings.heard, prompt: prompt?.name ?? "" };
      call.playTone(tones.caller);
      for (const bbb of world.bbbs) bbb.playTone(conference.pin, tones.conference);
      await call.sendDigits(conference.pin);
      await listen(world, conference.pin, call, findings);
      await call.hangUp();
    } else {
      findings.refused = `${answered.failure.status} ${answered.failure.reason}`;
    }
  } finally {
    await phone.close();
  }
  const stages = await stagesOf();
  findings.leftBehind = countLeftBehind(world);
  return { ok: holds(findings, conference.server), stages, ...findings };
}

/** Checks the audio at both ends once the caller is in a conference. */
async function listen(
  world: DemoWorld,
  pin: string,
  call: Awaited<ReturnType<TestPhone["dial"]>>,
  findings: Findings,
): Promise<void> {
  const typedAt = performance.now();
  const conferenceTone = call.audio.waitForTone(tones.conference, waitTimeoutMs);
  const arrival = await Promise.race([
    ...world.bbbs.map(async (bbb) => ({ bbb, member: await bbb.waitForMember(pin, waitTimeoutMs) })),
    call.ended,
  ]);
  if (!("bbb" in arrival) || arrival.member === undefined) return;
  const { bbb, member } = arrival;
  findings.server = bbb.name;
  findings.label = member.name;
  findings.srtp = { ...findings.srtp, bbb: member.suite ?? "" };
  const callerTone = bbb.waitForTone({ memberId: member.memberId }, tones.caller, waitTimeoutMs);
  const [fromConference, fromCaller] = await Promise.all([
    conferenceTone.then((tone) => {
      // The phone reports a tone only after `forMs`: subtract it.
      findings.timings = {
        ...findings.timings,
        lastDigitToConference: Math.max(0, Math.round(performance.now() - typedAt - (tone?.forMs ?? 0))),
      };
      return tone;
    }),
    callerTone,
  ]);
  findings.heard = { ...findings.heard, conference: fromConference?.hz ?? 0, caller: fromCaller?.hz ?? 0 };
}

function countLeftBehind(world: DemoWorld): number {
  const { calls, channels } = world.counts();
  return calls + channels + world.bbbs.reduce((sum, bbb) => sum + bbb.counts().members, 0);
}

function holds(findings: Findings, server: string): boolean {
  const { heard, srtp, label, leftBehind } = findings;
  return (
    findings.server === server &&
    label === demoCaller.label &&
    srtp.trunk !== "" &&
    srtp.bbb !== "" &&
    heard.prompt !== "" &&
    heard.conference === tones.conference &&
    heard.caller === tones.caller &&
    leftBehind === 0
  );
}
