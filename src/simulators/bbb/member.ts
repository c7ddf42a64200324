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

/** A phone caller in a conference, as reported to tests. */
export interface MemberInfo {
  readonly memberId: string;
  readonly voiceBridge: string;
  /** From display name, visible to all participants. */
  readonly name: string;
  /** From user, stored by BBB as callerNum. */
  readonly number: string;
  /** Undefined: plain RTP. */
  readonly suite: SuiteName | undefined;
  readonly codec: CodecName | undefined;
  /** By the simulator's clock, ms. */
  readonly joinedAt: number;
  readonly muted: boolean;
  readonly deaf: boolean;
  /** The last 100 DTMF digits received, RFC 4733 and INFO. */
  readonly digits: string;
  readonly packetsIn: number;
  readonly packetsOut: number;
  /** Packets that failed decryption, or plain RTP in a secure call. */
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

const maxDigits = 100;
const silence = new Int16Array(160);

/** One leg in a conference: its dialog, its audio in both directions, and its DTMF digits. */
export class Member {
  readonly memberId: string;
  readonly voiceBridge: string;
  readonly identity: CallerIdentity;
  /** Analyses this member's audio as mixed into the conference: silence while muted. */
  readonly ear = new Ear();
  /** Called with each frame of it. They must not throw. */
  readonly frameListeners = new Set<(pcm: Int16Array) => void>();
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
  /** Called for each digit, after the caller controls. */
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
      const mixed = this.#muted ? silence : pcm;
      this.ear.hear(mixed);
      for (const listener of [...this.frameListeners]) listener(mixed);
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

  /** Whether its RTP has timed out. @param timeoutMs overrides the rules' timeout */
  isLost(timeoutMs?: number): boolean {
    const { first, later } = this.#rules.rtpTimeoutMs;
    return this.silentMs > (timeoutMs ?? (this.#media.stats().lastPacketAt === undefined ? first : later));
  }

  /** Its audio in this frame, for the mix. */
  spoken(): Int16Array | undefined {
    const frame = this.#playout.next();
    return this.#muted ? undefined : frame;
  }

  /**
   * `uuid_hold` on BBB's FreeSWITCH: a re-INVITE with `sendonly`, and then no RTP in either direction, not even silence. False
   * if the peer rejects it or is gone.
   */
  async hold(isOn: boolean): Promise<boolean> {
    this.#held ||= isOn;
    const answered = await this.#dialog.reinvite(this.#media.renew(isOn ? "sendonly" : "sendrecv"));
    const accepted = answered.ok && this.#media.accept(answered.value.body).ok;
    if (accepted) this.#held = isOn;
    return accepted;
  }

  /** Sends the mixed audio of this frame. */
  hear(pcm: Int16Array): void {
    if (this.#held) return;
    const heard = this.#deaf ? silence : pcm;
    if (this.#silence === "sent" || heard.some((sample) => sample !== 0)) this.#media.send(heard);
  }

  /** Resolves at the response to the BYE, or its timeout. */
  async hangUp(why: "kicked" | "stopped" = "kicked"): Promise<void> {
    await this.#dialog.bye(why === "kicked" ? this.#rules.removed : this.#rules.stopped);
  }

  /** Releases the audio after the end of the dialog. */
  async release(): Promise<void> {
    await this.#media.close();
  }

  /** BBB's caller controls: `0` mutes and unmutes, `*` makes deaf and mute. The volume keys have no effect here. */
  #press(digit: string): void {
    this.#digits = (this.#digits + digit).slice(-maxDigits);
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
