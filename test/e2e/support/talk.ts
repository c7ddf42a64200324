import type { Test } from "tap";

import type { MemberInfo } from "../../../src/simulators/bbb/member.js";
import type { SampleBbb } from "../../../src/simulators/bbb/sample-bbb.js";
import type { DigitMethod, PhoneCall } from "../../../src/softphone/phone-call.js";
import type { DialOptions, TestPhone } from "../../../src/softphone/test-phone.js";
import { timeoutMs } from "../../support/deadline.js";
import { untilHeard } from "./hearing.js";
import { conferences, type World } from "./world.js";

const [{ pin }] = conferences;
/** A different tone for each check, so that an earlier one is not detected. */
const toneBase = 500;
const toneStep = 150;

export interface Talk {
  readonly call: PhoneCall;
  readonly member: MemberInfo;
}

type TalkOptions = Pick<DialOptions, "number"> &
  Partial<DialOptions> & {
    /** How the PIN is typed; after an RFC 4733 digit INFO does not count in this call. */
    readonly method?: DigitMethod;
    /** The prompt after which the PIN is typed; default the German greeting. */
    readonly greeting?: string;
  };

/** Brings a caller into the first conference. */
export async function talk(
  world: World,
  phone: TestPhone,
  { method = "rfc4733", greeting = "de/welcome", ...options }: TalkOptions,
): Promise<Talk> {
  const call = await phone.dial({ ...world.line(), ...options });
  call.audio.listenForPrompts(world.prompts);
  const answered = await call.answered;
  if (!answered.ok) throw new Error(`${answered.failure.status} ${answered.failure.reason}`);
  await untilHeard(world, call, greeting);
  const arrival = world.bbbs[0].waitForMember(pin, timeoutMs);
  const talking = world.stages.next("stage talking", ({ stage }) => stage === "talking", {
    evidence: () => world.tail(),
  });
  await call.sendDigits(pin, { method });
  const [member] = await Promise.all([arrival, talking]);
  if (member === undefined) throw new Error(`no member joined\n${world.tail()}`);
  return { call, member };
}

/** Each side sends a new tone that the other must hear. */
export class Tones {
  readonly #world: World;
  readonly #talk: Talk;
  readonly #bbb: SampleBbb;
  #next = toneBase;

  /** @param bbb the server of the conference; default the first */
  constructor(world: World, talk: Talk, bbb: SampleBbb = world.bbbs[0]) {
    this.#world = world;
    this.#talk = talk;
    this.#bbb = bbb;
  }

  async bothWays(t: Test, when: string): Promise<void> {
    const [up, down] = [this.#next, this.#next + toneStep];
    this.#next += 2 * toneStep;
    const bbb = this.#bbb;
    const { call, member } = this.#talk;
    const before = this.#counters();
    call.playTone(up);
    bbb.playTone(member.voiceBridge, down);
    const [atConference, atCaller] = await Promise.all([
      bbb.waitForTone({ memberId: member.memberId }, up, timeoutMs),
      call.audio.waitForTone(down, timeoutMs),
    ]);
    const evidence =
      atConference && atCaller ? {} : { before, after: this.#counters(), log: this.#world.tail(15).split("\n") };
    t.ok(atConference, `the conference hears the caller ${when}`, evidence);
    t.ok(atCaller, `the caller hears the conference ${when}`, evidence);
    bbb.stopTone(member.voiceBridge);
    call.stopTone();
  }

  /** What tells a call without sound from a machine that is too busy: packets of both ends, and whether the member is still the one that came. */
  #counters(): Readonly<Record<string, unknown>> {
    const { call, member } = this.#talk;
    const now = this.#bbb.member(member.memberId);
    return {
      atMs: Math.round(performance.now()),
      caller: call.audio.stats,
      member: now ?? "has left",
      others: this.#bbb.members(member.voiceBridge).filter(({ name }) => name === member.name).length - (now ? 1 : 0),
    };
  }
}

/** The first key in an SDP. */
export function keyIn(sdp: string): string | undefined {
  return /^a=crypto:\d+ \S+ inline:([^|\s]+)/m.exec(sdp)?.[1];
}
