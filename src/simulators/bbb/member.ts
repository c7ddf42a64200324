import { Ear } from "../../softphone/ear.js";
import type { CodecName } from "../../softphone/rtp/g711.js";
import type { MediaSession } from "../../softphone/rtp/media-session.js";
import type { SuiteName } from "../../softphone/rtp/srtp.js";
import type { SipDialog } from "../../softphone/sip/index.js";
import type { Clock } from "../../util/clock.js";
import type { CallerIdentity } from "./caller-identity.js";
import type { LegRules } from "./leg-rules.js";
import { PlayoutBuffer } from "./playout-buffer.js";
import type { SilencePolicy } from "./voice.js";

/** A phone caller in a conference, as a test sees it. */
export interface MemberInfo {
  readonly memberId: string;
  readonly voiceBridge: string;
  /** From display name: what everybody sees. */
  readonly name: string;
  /** From user: what BBB keeps as callerNum. */
  readonly number: string;
  /** Undefined: plain RTP. */
  readonly suite: SuiteName | undefined;
  readonly codec: CodecName | undefined;
  /** By the clock of the sample, ms. */
  readonly joinedAt: number;
  readonly muted: boolean;
  readonly deaf: boolean;
  /** Every key received, RFC 4733 and INFO, the last 100. */
  readonly digits: string;
  readonly packetsIn: number;
  readonly packetsOut: number;
  /** Packets that could not be decrypted, or came plain into a secure call. */
  readonly rejected: number;
}

export interface MemberParts {
  readonly memberId: string;
  readonly voiceBridge: string;
  readonly identity: CallerIdentity;
  readonly dialog: SipDialog;
  readonly media: MediaSession;
  readonly silence: SilencePolicy;
  readonly rules: LegRules;
  readonly clock: Clock;
}

const MAX_DIGITS = 100;
const SILENCE = new Int16Array(160);

/** One leg into a conference: its dialog, its audio in both directions, and what it has typed. */
export class Member {
  readonly memberId: string;
  readonly voiceBridge: string;
  readonly identity: CallerIdentity;
  /** Hears what the conference hears of this member: silence while it is muted. */
  readonly ear = new Ear();
  readonly #dialog: SipDialog;
  readonly #media: MediaSession;
  readonly #silence: SilencePolicy;
  readonly #rules: LegRules;
  readonly #clock: Clock;
  readonly #joinedAt: number;
  readonly #playout = new PlayoutBuffer();
  #muted = false;
  #deaf = false;
  #held = false;
  #digits = "";
  /** A key came; the caller controls have been applied. */
  onDigit: (digit: string) => void = () => undefined;

  constructor(parts: MemberParts) {
    this.memberId = parts.memberId;
    this.voiceBridge = parts.voiceBridge;
    this.identity = parts.identity;
    this.#dialog = parts.dialog;
    this.#media = parts.media;
    this.#silence = parts.silence;
    this.#rules = parts.rules;
    this.#clock = parts.clock;
    this.#joinedAt = parts.clock.now();
    this.#media.onFrame = (pcm) => {
      if (this.#held) return;
      this.ear.hear(this.#muted ? SILENCE : pcm);
      this.#playout.push(pcm);
    };
    this.#media.onDigit = (digit) => {
      this.#press(digit);
    };
    this.#dialog.onInfo = (request) => {
      const digit = /^\s*(?:Signal\s*=\s*)?([0-9A-D*#])\s*$/im.exec(request.body)?.[1];
      if (/^application\/dtmf/i.test(request.headers.get("Content-Type") ?? "") && digit !== undefined)
        this.#press(digit);
    };
  }

  get info(): MemberInfo {
    const { packetsIn, packetsOut, rejected } = this.#media.stats();
    return {
      memberId: this.memberId,
      voiceBridge: this.voiceBridge,
      ...this.identity,
      suite: this.#media.suite,
      codec: this.#media.codec,
      joinedAt: this.#joinedAt,
      muted: this.#muted,
      deaf: this.#deaf,
      digits: this.#digits,
      packetsIn,
      packetsOut,
      rejected,
    };
  }

  /** Milliseconds since the last packet, or since joining. */
  get silentMs(): number {
    return this.#clock.now() - (this.#media.stats().lastPacketAt ?? this.#joinedAt);
  }

  /** It has sent nothing for longer than a leg may. @param timeoutMs instead of the rules' own */
  isLost(timeoutMs?: number): boolean {
    const { first, later } = this.#rules.rtpTimeoutMs;
    return this.silentMs > (timeoutMs ?? (this.#media.stats().lastPacketAt === undefined ? first : later));
  }

  /** What it says in this frame, for the mix. */
  spoken(): Int16Array | undefined {
    const frame = this.#playout.next();
    return this.#muted ? undefined : frame;
  }

  /**
   * `uuid_hold` on BBB's FreeSWITCH: a re-INVITE with `sendonly`, and then no RTP in either direction, not even silence. False
   * when the far end refuses or has gone.
   */
  async hold(isOn: boolean): Promise<boolean> {
    this.#held ||= isOn;
    const answered = await this.#dialog.reinvite(this.#media.renew(isOn ? "sendonly" : "sendrecv"));
    const accepted = answered.ok && this.#media.accept(answered.value.body).ok;
    if (accepted) this.#held = isOn;
    return accepted;
  }

  /** What it is to hear in this frame. */
  hear(pcm: Int16Array): void {
    if (this.#held) return;
    const heard = this.#deaf ? SILENCE : pcm;
    if (this.#silence === "sent" || heard.some((sample) => sample !== 0)) this.#media.send(heard);
  }

  /** Resolves when the BYE is answered or given up. */
  async hangUp(why: "kicked" | "stopped" = "kicked"): Promise<void> {
    await this.#dialog.bye(why === "kicked" ? this.#rules.removed : this.#rules.stopped);
  }

  /** Releases the audio; the dialog is over by now. */
  async release(): Promise<void> {
    await this.#media.close();
  }

  /** BBB's caller controls: `0` mutes and unmutes, `*` makes deaf and mute. The volume keys are taken and change nothing. */
  #press(digit: string): void {
    this.#digits = (this.#digits + digit).slice(-MAX_DIGITS);
    if (this.#rules.keys === "caller-controls") this.#control(digit);
    this.onDigit(digit);
  }

  #control(digit: string): void {
    if (digit === "0") this.#muted = !this.#muted;
    if (digit === "*") {
      this.#deaf = !this.#deaf;
      this.#muted = this.#deaf;
    }
  }
}
