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
  /** Whose verdict it is: the other side's final response, or the phone's, when there was none or it could not be used. */
  readonly by: "peer" | "phone";
  /** SIP status of the refusal; 408, 487, 503 also as the SIP stack makes them. 606: the other side's SDP, answer or late offer, is not acceptable to us. */
  readonly status: number;
  readonly reason: string;
  /** Value of the Warning header. */
  readonly warning: string | undefined;
  readonly headers: HeaderList;
}

export interface CallEnd {
  /** refused: it was never answered. */
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
  /** The media session has answered the other side's offer when `invite` succeeds. */
  readonly lateOffer: boolean;
  readonly media: MediaSession;
  readonly audio: CallAudio;
  readonly waits: PendingWaits;
  readonly clock: Clock;
  /** Makes a new offer for a re-INVITE. */
  readonly offer: (direction: "sendrecv" | "sendonly" | "recvonly" | "inactive") => string;
}

export type DigitMethod = "rfc4733" | "info";

const MAX_PROGRESS = 50;
const DIGIT_MS = 120;
const DIGIT_GAP_MS = 80;

/** One call of a TestPhone, from INVITE to its end. It sends sound, silence if nothing else, as soon as it is answered. */
export class PhoneCall {
  readonly audio: CallAudio;
  /** By the phone's clock, ms. */
  readonly dialledAt: number;
  /** Settles with the answer or the refusal. */
  readonly answered: Promise<Result<PhoneCall, CallFailure>>;
  /** Settles when the call is over and its audio is closed. */
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
  /** Whether a re-INVITE of the other side's is answered with a key that is new, as some gateways do. */
  answersWithNewKeys = false;
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

  /** Provisional answers so far, the last 50. */
  get progress(): readonly Progress[] {
    return this.#progress;
  }

  /** By the phone's clock, ms; undefined before. */
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

  /** The dialog, once answered: for what this class has no words for. */
  get dialog(): SipDialog | undefined {
    return this.#dialog;
  }

  /** The next provisional answer of that status, or one that came already; undefined when the time or the call is over. */
  waitForProgress(status: number, timeoutMs: number): Promise<Progress | undefined> {
    return this.#waits.until(timeoutMs, (found) => {
      const before = this.#progress.find((progress) => progress.status === status);
      if (before !== undefined) found(before);
      return this.onProgress((progress) => {
        if (progress.status === status) found(progress);
      });
    });
  }

  /** Calls back for each provisional answer from now on; the returned function stops that. */
  onProgress(listener: (progress: Progress) => void): () => void {
    this.#progressListeners.add(listener);
    return () => {
      this.#progressListeners.delete(listener);
    };
  }

  /** Calls back for each re-INVITE of the other side, and whether we could take what it offers; the returned function stops that. */
  onReinvite(listener: (accepted: boolean) => void): () => void {
    this.#offerListeners.add(listener);
    return () => {
      this.#offerListeners.delete(listener);
    };
  }

  /**
   * Types keys one after the other. False if the other side does not take them that way, or the call ended meanwhile.
   *
   * @param durationMs of one key, 40 or more (RFC 4733 only)
   */
  async sendDigits(
    digits: string,
    {
      method = "rfc4733",
      durationMs = DIGIT_MS,
      gapMs = DIGIT_GAP_MS,
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

  /** Whistles until told otherwise. @param level amplitude, 0 to 1 of full scale */
  playTone(hz: number, level = 0.3): void {
    this.audio.speaker.tone(hz, level);
  }

  stopTone(): void {
    this.audio.speaker.tone(undefined, 0);
  }

  /** The line stays up, but no RTP is sent any more, until `unmuteRtp`. */
  stopRtp(): void {
    this.audio.speaker.stop();
  }

  resumeRtp(): void {
    if (this.#dialog !== undefined) this.audio.speaker.start();
  }

  /** A re-INVITE with that direction and, on SRTP, new keys. Fails as the other side refuses it. */
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
   * A re-INVITE without SDP: the other side makes the offer, and our answer is in the ACK, with a new key and another RTP port, as
   * after a transfer. Succeeds with the 2xx when the offer suits us.
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

  /** As after a change of networks: RTP from another port, told by a re-INVITE. */
  async moveRtp(): Promise<Result<SipResponse, CallFailure>> {
    await this.#media.move();
    return await this.renegotiate("sendrecv");
  }

  /** Refreshes the session without changing it (RFC 4028). Fails as the other side refuses it. */
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

  /** CANCEL before the answer, BYE after it. Resolves when the call is over. */
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
    if (this.#progress.length > MAX_PROGRESS) this.#progress.shift();
    for (const listener of [...this.#progressListeners]) listener(progress);
  }
}

/** Only a response has headers: what the phone makes up itself has none. */
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
