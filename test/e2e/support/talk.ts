import type { Test } from "tap";
import type { MemberInfo } from "../../../src/embedded/bbb/member.js";
import type { PhoneCall } from "../../../src/embedded/phone/phone-call.js";
import type { DialOptions, TestPhone } from "../../../src/embedded/phone/test-phone.js";
import { PATIENCE_MS } from "./deadline.js";
import { untilHeard } from "./hearing.js";
import { type World, conferences } from "./world.js";

const [{ pin }] = conferences;
/** A tone of its own for each check, so that none is heard from before. */
const toneBase = 500;
const toneStep = 150;

export interface Talk {
  readonly call: PhoneCall;
  readonly member: MemberInfo;
}

/** Brings a caller into the first conference. */
export async function talk(world: World, phone: TestPhone, options: Pick<DialOptions, "number"> & Partial<DialOptions>): Promise<Talk> {
  const call = await phone.dial({ uri: world.sipUri(), ...options });
  call.audio.listenForPrompts(world.prompts);
  const answered = await call.answered;
  if (!answered.ok) throw new Error(`${answered.failure.status} ${answered.failure.reason}`);
  await untilHeard(world, call, "de/welcome");
  const arrival = world.bbbs[0].waitForMember(pin, PATIENCE_MS);
  await call.sendDigits(pin);
  const member = await arrival;
  if (member === undefined) throw new Error(`nobody came\n${world.tail()}`);
  return { call, member };
}

/** Each side sends a tone that the other one has not heard yet, and has to hear it. */
export class Tones {
  readonly #world: World;
  readonly #talk: Talk;
  #next = toneBase;

  constructor(world: World, talk: Talk) {
    this.#world = world;
    this.#talk = talk;
  }

  async bothWays(t: Test, when: string): Promise<void> {
    const [up, down] = [this.#next, this.#next + toneStep];
    this.#next += 2 * toneStep;
    const [bbb] = this.#world.bbbs;
    const { call, member } = this.#talk;
    call.playTone(up);
    bbb.playTone(pin, down);
    const [atConference, atCaller] = await Promise.all([bbb.waitForTone({ memberId: member.memberId }, up, PATIENCE_MS), call.audio.waitForTone(down, PATIENCE_MS)]);
    t.ok(atConference, `the conference hears the caller ${when}`);
    t.ok(atCaller, `the caller hears the conference ${when}`);
    bbb.stopTone(pin);
    call.stopTone();
  }
}

/** The first key in an SDP. */
export function keyIn(sdp: string): string | undefined {
  return /^a=crypto:\d+ \S+ inline:([^|\s]+)/m.exec(sdp)?.[1];
}
