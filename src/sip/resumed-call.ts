import type { EndCause } from "../call/cause.js";
import type { CallerEndpoint, CallerLine, Presence, RecordedLine } from "../call/interfaces.js";
import { Latch } from "../util/latch.js";
import { Listeners } from "../util/listeners.js";
import type { Result } from "../util/result.js";
import { CallerDialog } from "./caller-dialog.js";
import { answerInfo } from "./dtmf-info.js";
import { type DrachtioCallParts, endedByCaller } from "./incoming-call.js";
import type { Offer } from "./offer.js";
import type { LostCall } from "./request-gate.js";
import { ResumedDialog } from "./resumed-dialog.js";
import { SessionExchange } from "./session-exchange.js";
import type { SrfLike } from "./srf.js";

/** The caller's dialog of a call that another process has answered. drachtio forwards none of the caller's requests. */
export class ResumedCall implements CallerLine, LostCall {
  readonly gone = new Latch<EndCause>();
  readonly #line: RecordedLine;
  readonly #dialog: ResumedDialog;
  readonly #onRecord = new Listeners();
  readonly #exchange: SessionExchange;
  readonly #callerDialog: CallerDialog;
  #endpoint: CallerEndpoint | undefined;

  /** @param callerSdp the caller's last session description, as the media server has it */
  constructor(srf: SrfLike, parts: DrachtioCallParts, line: RecordedLine, callerSdp: string) {
    this.#line = line;
    const { clock, connections, onUnended } = parts;
    const { dialogId } = line;
    this.#callerDialog = new CallerDialog({ srf, clock, connections, dialogId, onUnended, known: "not-yet" });
    this.#dialog = new ResumedDialog({ srf, clock: parts.clock, id: line.dialogId, contact: line.contact });
    this.#exchange = new SessionExchange({
      srf,
      ...parts,
      dialog: this.#dialog,
      offer: offerFrom(line.offer, callerSdp),
      onEnd: (cause) => {
        this.gone.set(cause);
      },
      onGone: () => {
        this.#endedByCaller().catch(parts.onBug);
      },
      onChange: () => {
        this.#onRecord.call();
      },
    });
  }

  get dialogId(): string {
    return this.#line.dialogId;
  }

  get record(): RecordedLine | undefined {
    const session = this.#exchange.record;
    return session && { dialogId: this.#line.dialogId, contact: this.#line.contact, ...session };
  }

  onRecord(listener: () => void): () => void {
    return this.#onRecord.add(listener);
  }

  attach(endpoint: CallerEndpoint): void {
    this.#endpoint = endpoint;
    this.#exchange.attach(endpoint);
    this.#exchange.resume(this.#line);
  }

  get mediaOffer(): string {
    return this.#exchange.offerForNewChannel;
  }

  async move(endpoint: CallerEndpoint): Promise<Result<void, EndCause>> {
    this.#endpoint = endpoint;
    return await this.#exchange.move(endpoint);
  }

  get isOnHold(): boolean {
    return this.#exchange.isOnHold;
  }

  async askPresence(): Promise<Presence> {
    const presence = await this.#callerDialog.askPresence();
    if (presence === "lost") this.detach();
    if (presence === "gone") await this.#endedByCaller();
    return presence;
  }

  async hangUp(reasonHeader: string): Promise<void> {
    this.detach();
    await this.#callerDialog.sendBye(reasonHeader);
  }

  /** Also ends drachtio's dialog, which drachtio would keep forever. */
  async #endedByCaller(): Promise<void> {
    await this.hangUp(endedByCaller);
    this.gone.set("caller-hung-up");
  }

  takeInfo(contentType: string, body: string): ReturnType<LostCall["takeInfo"]> {
    return answerInfo(contentType, body, this.#endpoint);
  }

  detach(): void {
    this.#exchange.close();
  }
}

function offerFrom(offer: RecordedLine["offer"], callerSdp: string): Offer {
  return { ...offer, forMediaServer: callerSdp, onHold: inactive(callerSdp), isSwitchedOff: false };
}

function inactive(sdp: string): string {
  const direction = /^a=(?:sendrecv|sendonly|recvonly)(?=\r?$)/m;
  return direction.test(sdp) ? sdp.replace(direction, "a=inactive") : `${sdp.trimEnd()}\r\na=inactive\r\n`;
}
