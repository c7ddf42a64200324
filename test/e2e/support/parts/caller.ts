import type { MemberInfo } from "../../../../src/simulators/bbb/member.js";
import type { SampleBbb } from "../../../../src/simulators/bbb/sample-bbb.js";
import type { CallEnd, PhoneCall } from "../../../../src/softphone/phone-call.js";
import type { KnownPrompt } from "../../../../src/softphone/prompt-library.js";
import type { DialOptions, TestPhone } from "../../../../src/softphone/test-phone.js";
import { inTime, timeoutMs } from "../../../support/deadline.js";
import { Recorder } from "./recorder.js";
import type { Stalls } from "./stalls.js";

export interface CallerParts {
  readonly phone: TestPhone;
  readonly line: Pick<DialOptions, "uri" | "srtp">;
  readonly number: string;
  /** The servers whose conferences the caller may join. */
  readonly bbbs: readonly SampleBbb[];
  readonly stalls: Stalls;
  /** The prompts that the caller recognises; none: recognition costs too much for many callers. */
  readonly prompts?: readonly KnownPrompt[];
  /** What a failure's message shows besides the caller's own state. */
  readonly evidence: () => string;
}

/** A prompt and when it began, by performance.now(). */
export interface PromptAt {
  readonly name: string;
  readonly atMs: number;
}

/** An arrival in a conference, or its end, by performance.now(). */
export interface Appearance {
  readonly kind: "joined" | "left";
  readonly server: string;
  readonly atMs: number;
}

/** One caller: its call, what it hears, and what the conferences hear of it. */
export class Caller {
  readonly call: PhoneCall;
  /** The name in the conference: the last four digits. */
  readonly name: string;
  /** What the caller hears, from the answer on. */
  readonly hears: Recorder;
  /** What the conference hears of the caller, from the first arrival on; `undefined` before it. */
  says: Recorder | undefined;
  readonly appearances: Appearance[] = [];
  end: { readonly how: CallEnd; readonly atMs: number } | undefined;
  readonly #parts: CallerParts;
  readonly #stop: (() => void)[] = [];

  private constructor(call: PhoneCall, parts: CallerParts) {
    this.call = call;
    this.#parts = parts;
    this.name = parts.number.slice(-4);
    this.hears = new Recorder(parts.stalls);
    this.#stop.push(
      call.audio.onFrame((pcm) => {
        this.hears.hear(pcm);
      }),
      ...parts.bbbs.flatMap((bbb) => this.#attend(bbb)),
    );
    call.ended.then(
      (how) => {
        this.#ended(how);
      },
      () => undefined,
    );
  }

  /** Dials; resolves when the INVITE is being sent. */
  static async dial(parts: CallerParts): Promise<Caller> {
    const { phone, line, number, prompts } = parts;
    const call = await phone.dial({ ...line, number });
    if (prompts !== undefined) call.audio.listenForPrompts(prompts);
    return new Caller(call, parts);
  }

  /** Rejects if the call is refused. */
  async answered(): Promise<void> {
    const answered = await inTime("the call is answered", this.call.answered, timeoutMs, () => this.evidence());
    if (!answered.ok) throw new Error(`${answered.failure.status} ${answered.failure.reason}\n${this.evidence()}`);
  }

  /** Waits until the caller hears einwahl speak. */
  async greeted(): Promise<void> {
    await this.answered();
    const heard = await this.call.audio.waitForSound(timeoutMs);
    if (heard === undefined) throw new Error(`${this.name} hears nothing\n${this.evidence()}`);
  }

  /** Types a PIN and waits until the conference has the caller. */
  async join(pin: string, bbb: SampleBbb): Promise<MemberInfo> {
    await this.call.sendDigits(`${pin}#`);
    return await this.arrival(pin, bbb);
  }

  /** Types the PIN of a room whose conference has not begun, and waits until the caller is told so. */
  async waitFor(pin: string): Promise<void> {
    const fromMs = this.hears.heardMs;
    await this.call.sendDigits(`${pin}#`);
    const told = await this.hearsPrompt("de/not-started", timeoutMs, fromMs);
    if (told === undefined) throw new Error(`${this.name} does not wait\n${this.evidence()}`);
  }

  async arrival(pin: string, bbb: SampleBbb, ms = timeoutMs): Promise<MemberInfo> {
    const member = await bbb.waitForMember(pin, ms, this.name);
    if (member === undefined) throw new Error(`${this.name} does not arrive\n${this.evidence()}`);
    return member;
  }

  /** This caller's present members in the conferences of a server; more than one: a ghost. */
  members(bbb: SampleBbb): MemberInfo[] {
    return bbb.members().filter(({ name }) => name === this.name);
  }

  /** The prompts heard so far, in order of time. */
  prompts(fromMs = 0): PromptAt[] {
    return this.call.audio
      .prompts()
      .map(({ name, offsetMs }) => ({ name, atMs: this.hears.timeOf(offsetMs) }))
      .filter(({ atMs }) => atMs >= fromMs);
  }

  /** Waits for a prompt that begins from now on; when it began, `undefined`: not within `ms`. */
  async hearsPrompt(name: string, ms = timeoutMs, fromMs = this.hears.heardMs): Promise<number | undefined> {
    const match = await this.call.audio.waitForPrompt(name, ms, { fromMs });
    return match === undefined ? undefined : this.hears.timeOf(match.offsetMs);
  }

  evidence(): string {
    const { packetsIn, packetsOut, rejected, lost } = this.call.audio.stats;
    const prompts =
      this.#parts.prompts === undefined
        ? ""
        : this.prompts()
            .map(({ name }) => name)
            .join(", ");
    const state = { packetsIn, packetsOut, rejected, lost, prompts, end: this.end, appearances: this.appearances };
    return `${this.name}: ${JSON.stringify(state)}\n${this.#parts.evidence()}`;
  }

  async hangUp(): Promise<CallEnd> {
    return await inTime(`${this.name} hangs up`, this.call.hangUp(), timeoutMs, () => this.evidence());
  }

  #attend(bbb: SampleBbb): (() => void)[] {
    let deafen: (() => void) | undefined;
    const note = (kind: Appearance["kind"]): void => {
      this.appearances.push({ kind, server: bbb.name, atMs: performance.now() });
    };
    return [
      bbb.onJoin(({ name, memberId }) => {
        if (name !== this.name) return;
        note("joined");
        this.says ??= new Recorder(this.#parts.stalls);
        const says = this.says;
        deafen?.();
        deafen = bbb.listen(memberId, (pcm) => {
          says.hear(pcm);
        });
      }),
      bbb.onLeave(({ name }) => {
        if (name === this.name) note("left");
      }),
      () => deafen?.(),
    ];
  }

  #ended(how: CallEnd): void {
    this.end = { how, atMs: performance.now() };
    this.hears.end();
    this.says?.end();
    for (const stop of this.#stop) stop();
  }
}
