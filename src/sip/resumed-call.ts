import type { EndCause } from "../call/cause.js";
import type { CallerEndpoint, CallerLine, Presence, RecordedLine } from "../call/interfaces.js";
import { Latch } from "../util/latch.js";
import { Listeners } from "../util/listeners.js";
import type { Result } from "../util/result.js";
import { DialogPresence } from "./dialog-presence.js";
import { requestInDialog } from "./dialog-request.js";
import type { DrachtioCallParts } from "./incoming-call.js";
import type { Offer } from "./offer.js";
import { ResumedDialog } from "./resumed-dialog.js";
import { SessionExchange } from "./session-exchange.js";
import type { SrfLike } from "./srf.js";

/** Timeout for drachtio's response to a BYE, in milliseconds. */
const byeTimeoutMs = 4_000;

/** The caller's dialog of a call that another process has answered. drachtio forwards none of the caller's requests. */
export class ResumedCall implements CallerLine {
  readonly gone = new Latch<EndCause>();
  readonly #srf: SrfLike;
  readonly #parts: DrachtioCallParts;
  readonly #line: RecordedLine;
  readonly #dialog: ResumedDialog;
  readonly #onRecord = new Listeners();
  readonly #presence: DialogPresence;
  readonly #exchange: SessionExchange;

  /** @param callerSdp the caller's last session description, as the media server has it */
  constructor(srf: SrfLike, parts: DrachtioCallParts, line: RecordedLine, callerSdp: string) {
    this.#srf = srf;
    this.#parts = parts;
    this.#line = line;
    this.#dialog = new ResumedDialog({ srf, clock: parts.clock, id: line.dialogId, contact: line.contact });
    this.#presence = new DialogPresence({
      srf,
      clock: parts.clock,
      connections: parts.connections,
      dialogId: line.dialogId,
      known: "not-yet",
    });
    this.#exchange = new SessionExchange({
      srf,
      ...parts,
      dialog: this.#dialog,
      offer: offerFrom(line.offer, callerSdp),
      onEnd: (cause) => {
        this.gone.set(cause);
      },
      onGone: () => {
        this.gone.set("caller-hung-up");
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
    this.#exchange.attach(endpoint);
    this.#exchange.resume(this.#line);
  }

  get mediaOffer(): string {
    return this.#exchange.offerForNewChannel;
  }

  async move(endpoint: CallerEndpoint): Promise<Result<void, EndCause>> {
    return await this.#exchange.move(endpoint);
  }

  get isOnHold(): boolean {
    return this.#exchange.isOnHold;
  }

  async askPresence(): Promise<Presence> {
    const presence = await this.#presence.ask();
    if (presence === "gone") this.gone.set("caller-hung-up");
    if (presence === "gone" || presence === "lost") this.#exchange.close();
    return presence;
  }

  async hangUp(reasonHeader: string): Promise<void> {
    this.#exchange.close();
    // In a lost dialog there is no BYE: the caller's side ends with the audio.
    if (this.#presence.isLost) return;
    const { kind } = await requestInDialog(this.#srf, this.#parts.clock, this.#line.dialogId, {
      method: "BYE",
      headers: { Reason: reasonHeader },
      timeoutMs: byeTimeoutMs,
    });
    if (kind === "refused") this.#parts.onUnended(this.#line.dialogId, reasonHeader);
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
