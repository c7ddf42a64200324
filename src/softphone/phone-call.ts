import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";
import type { CallAudio } from "./call-audio.js";
import type { PendingWaits } from "./pending-waits.js";
import type { CodecName } from "./rtp/g711.js";
import type { AnswerOptions, MediaSession } from "./rtp/media-session.js";
import type { SuiteName } from "./rtp/srtp.js";
import { inBackground } from "./sip/background.js";
import type { HeaderList, InviteFailure, OutgoingInvite, SipDialog, SipResponse } from "./sip/index.js";

export interface CallFailure {
  /** peer: its final response. phone: there was no final response, or its SDP was unusable. */
  readonly by: "peer" | "phone";
  /** SIP status; 408, 487 and 503 may come from the local SIP stack. 606: the peer's SDP (answer or late offer) is not acceptable. */
  readonly status: number;
  readonly reason: string;
  /** Value of the Warning header. */
  readonly warning: string | undefined;
  readonly headers: HeaderList;
}

export interface CallEnd {
  /** refused: the call was never answered. */
  readonly by: "local" | "remote" | "lost" | "refused";
  /** Reason header of the BYE, or the reason phrase of the refusal. */
  readonly reason: string | undefined;
}

export interface Progress {
  readonly status: number;
  readonly reason: string;
  /** By the phone's clock, ms. */
  readonly at: number;
}

export interface PhoneCallParts {
  readonly invite: OutgoingInvite;
  /** The media session has answered the peer's offer by the time `invite` succeeds. */
  readonly lateOffer: boolean;
  readonly media: MediaSession;
  readonly audio: CallAudio;
  readonly waits: PendingWaits;
  readonly clock: Clock;
  /** Makes a new offer for a re-INVITE. */
  readonly offer: (direction: "sendrecv" | "sendonly" | "recvonly" | "inactive") => string;
}

export type DigitMethod = "rfc4733" | "info";

const maxProgress = 50;
const digitMs = 120;
const digitGapMs = 80;

/** One call of a TestPhone, from INVITE to its end. Sends audio, silence by default, from the answer on. */
export class PhoneCall {
  readonly audio: CallAudio;
  /** By the phone's clock, ms. */
  readonly dialledAt: number;
  /** Resolves at the answer or the refusal. */
  readonly answered: Promise<Result<PhoneCall, CallFailure>>;
  /** Resolves when the call is over and its audio is closed. */
  readonly ended: Promise<CallEnd>;
  readonly #media: MediaSession;
  readonly #invite: OutgoingInvite;
  readonly #waits: PendingWaits;
  readonly #clock: Clock;
  readonly #offer: PhoneCallParts["offer"];
  readonly #progress: Progress[] = [];
  readonly #progressListeners = new Set<(progress: Progress) => void>();
  readonly #offerListeners = new Set<(accepted: boolean) => void>();
  #dialog: SipDialog | undefined;
  /** Answer the peer's re-INVITE with a new SRTP key, as some gateways do. */
  answersWithNewKeys = false;
  /** Refuse the peer's re-INVITE with 488. */
  refusesOffers = false;
  #givenUp = false;
  #answeredAt: number | undefined;

  constructor(parts: PhoneCallParts) {
    this.#media = parts.media;
    this.#invite = parts.invite;
    this.#waits = parts.waits;
    this.#clock = parts.clock;
    this.#offer = parts.offer;
    this.audio = parts.audio;
    this.dialledAt = parts.clock.now();
    parts.invite.onProgress = (response) => {
      this.#note(response);
    };
    this.answered = this.#awaitAnswer(parts.invite, parts.lateOffer);
    this.ended = this.#awaitEnd();
    inBackground(this.ended);
  }

  /** The last 50 provisional responses. */
  get progress(): readonly Progress[] {
    return this.#progress;
  }

  /** By the phone's clock, ms; undefined before the answer. */
  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  /** Undefined: plain RTP, or not answered. */
  get suite(): SuiteName | undefined {
    return this.#media.suite;
  }

  get codec(): CodecName | undefined {
    return this.#media.codec;
  }

  get localSdp(): string {
    return this.#media.localSdp;
  }

  get remoteSdp(): string {
    return this.#media.remoteSdp;
  }

  /** The dialog, once answered: for requests this class does not offer. */
  get dialog(): SipDialog | undefined {
    return this.#dialog;
  }

  /** The first provisional response with that status, past or future; undefined on timeout or at the end of the call. */
  waitForProgress(status: number, timeoutMs: number): Promise<Progress | undefined> {
    return this.#waits.until(timeoutMs, (found) => {
      const before = this.#progress.find((progress) => progress.status === status);
      if (before !== undefined) found(before);
      return this.onProgress((progress) => {
        if (progress.status === status) found(progress);
      });
    });
  }

  /** Calls back for each further provisional response. Returns an unsubscribe function. */
  onProgress(listener: (progress: Progress) => void): () => void {
    this.#progressListeners.add(listener);
    return () => {
      this.#progressListeners.delete(listener);
    };
  }

  /** Calls back for each re-INVITE of the peer, with whether its offer was accepted. Returns an unsubscribe function. */
  onReinvite(listener: (accepted: boolean) => void): () => void {
    this.#offerListeners.add(listener);
    return () => {
      this.#offerListeners.delete(listener);
    };
  }

  /**
   * Sends digits one after the other. False if the peer does not support the method or the call ended meanwhile.
   *
   * @param durationMs of one digit, at least 40 (RFC 4733 only)
   */
  async sendDigits(
    digits: string,
    {
      method = "rfc4733",
      durationMs = digitMs,
      gapMs = digitGapMs,
    }: { method?: DigitMethod; durationMs?: number; gapMs?: number } = {},
  ): Promise<boolean> {
    for (const [index, digit] of digits.split("").entries()) {
      if (index > 0) await this.#waits.until(gapMs, () => () => undefined);
      const sent =
        method === "info" ? await this.#sendInfo(digit, durationMs) : await this.#media.sendDigit(digit, durationMs);
      if (!sent) return false;
    }
    return true;
  }

  /** Plays a tone until the next change. @param level amplitude, 0 to 1 of full scale */
  playTone(hz: number, level = 0.3): void {
    this.audio.speaker.tone(hz, level);
  }

  stopTone(): void {
    this.audio.speaker.tone(undefined, 0);
  }

  /** Sends no RTP until `unmuteRtp`; the dialog stays up. */
  stopRtp(): void {
    this.audio.speaker.stop();
  }

  resumeRtp(): void {
    if (this.#dialog !== undefined) this.audio.speaker.start();
  }

  /** Sends a re-INVITE with that direction and, with SRTP, new keys. Fails with the peer's refusal. */
  async renegotiate(
    direction: "sendrecv" | "sendonly" | "recvonly" | "inactive",
    headers: HeaderList = [],
  ): Promise<Result<SipResponse, CallFailure>> {
    const dialog = this.#dialog;
    if (dialog === undefined) return failure(callFailure({ status: 481, reason: "not answered" }));
    const result = await dialog.reinvite(this.#offer(direction), headers);
    if (!result.ok) return failure(callFailure(result.failure));
    const accepted = this.#media.accept(result.value.body);
    if (!accepted.ok) return failure(callFailure({ status: 606, reason: accepted.failure.detail }));
    return success(result.value);
  }

  /**
   * Sends a re-INVITE without SDP: the peer makes the offer, and our answer is in the ACK, with a new key and another RTP port, as
   * after a transfer. Succeeds with the 2xx when the offer is acceptable.
   */
  async askForOffer(): Promise<Result<SipResponse, CallFailure>> {
    const dialog = this.#dialog;
    if (dialog === undefined) return failure(callFailure({ status: 481, reason: "not answered" }));
    await this.#media.move();
    let unfit: string | undefined;
    const result = await dialog.reinvite("", [], (offer) => {
      const answer = this.#media.answer(offer, { ...this.#answerOptions(), newKey: true });
      if (!answer.ok) unfit = answer.failure.detail;
      return answer.ok ? answer.value : "";
    });
    if (!result.ok) return failure(callFailure(result.failure));
    return unfit === undefined ? success(result.value) : failure(callFailure({ status: 606, reason: unfit }));
  }

  /** Moves RTP to another port and announces it with a re-INVITE, as after a change of networks. */
  async moveRtp(): Promise<Result<SipResponse, CallFailure>> {
    await this.#media.move();
    return await this.renegotiate("sendrecv");
  }

  /** Refreshes the session without changing it (RFC 4028). Fails with the peer's refusal. */
  async refresh(): Promise<Result<SipResponse, CallFailure>> {
    const result = await this.#dialog?.update();
    if (result === undefined) return failure(callFailure({ status: 481, reason: "not answered" }));
    if (!result.ok) return failure(callFailure(result.failure));
    const { status, reason } = result.value;
    return status < 300 ? success(result.value) : failure(callFailure({ status, reason }));
  }

  hold(): Promise<Result<SipResponse, CallFailure>> {
    return this.renegotiate("sendonly");
  }

  resume(): Promise<Result<SipResponse, CallFailure>> {
    return this.renegotiate("sendrecv");
  }

  /** Sends CANCEL before the answer, BYE after it. Resolves when the call is over. */
  async hangUp(headers: HeaderList = []): Promise<CallEnd> {
    this.#givenUp = true;
    if (this.#dialog === undefined) this.#invite.cancel();
    else await this.#dialog.bye(headers);
    return this.ended;
  }

  async #awaitAnswer(invite: OutgoingInvite, lateOffer: boolean): Promise<Result<PhoneCall, CallFailure>> {
    const result = await invite.result;
    if (!result.ok) return failure(callFailure(result.failure));
    const dialog = result.value;
    if (this.#givenUp) {
      await dialog.bye();
      return failure(callFailure({ status: 487, reason: "Request Terminated" }));
    }
    const accepted = lateOffer ? success(undefined) : this.#media.accept(dialog.remoteSdp);
    if (!accepted.ok) {
      await dialog.bye();
      return failure(callFailure({ status: 606, reason: accepted.failure.detail }));
    }
    this.#dialog = dialog;
    this.#answeredAt = this.#clock.now();
    dialog.onReinvite = (request) => this.#renegotiated(request.body);
    this.audio.speaker.start();
    return success(this);
  }

  #renegotiated(offer: string): { sdp: string } | { reject: number } {
    if (this.refusesOffers) return { reject: 488 };
    if (offer === "") return { sdp: this.#media.localSdp };
    const answer = this.#media.answer(offer, { ...this.#answerOptions(), newKey: this.answersWithNewKeys });
    for (const listener of [...this.#offerListeners]) listener(answer.ok);
    return answer.ok ? { sdp: answer.value } : { reject: 488 };
  }

  #answerOptions(): AnswerOptions {
    return {
      codecs: ["PCMA", "PCMU"],
      srtp: this.#media.suite === undefined ? "none" : "mandatory",
      cryptoInAvp: true,
    };
  }

  async #awaitEnd(): Promise<CallEnd> {
    const answered = await this.answered;
    const end = answered.ok ? await this.#dialog?.ended : undefined;
    this.audio.close();
    this.#waits.close();
    await this.#media.close();
    if (!answered.ok) return { by: "refused", reason: answered.failure.reason };
    return { by: end?.by ?? "lost", reason: end?.reason };
  }

  async #sendInfo(digit: string, durationMs: number): Promise<boolean> {
    const result = await this.#dialog?.info("application/dtmf-relay", `Signal=${digit}\r\nDuration=${durationMs}\r\n`);
    return result?.ok === true && result.value.status < 300;
  }

  #note(response: SipResponse): void {
    const progress = { status: response.status, reason: response.reason, at: this.#clock.now() };
    this.#progress.push(progress);
    if (this.#progress.length > maxProgress) this.#progress.shift();
    for (const listener of [...this.#progressListeners]) listener(progress);
  }
}

/** Only a received response has headers; a local failure has none. */
function callFailure(refusal: InviteFailure): CallFailure {
  const headers = refusal.headers ?? [];
  const warning = headers.find(([name]) => name.toLowerCase() === "warning")?.[1];
  return {
    by: refusal.headers === undefined ? "phone" : "peer",
    status: refusal.status,
    reason: refusal.reason,
    warning,
    headers,
  };
}
