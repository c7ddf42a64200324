import type { EndCause } from "../call/cause.js";
import type { CallerEndpoint, CallerLine, Presence, RecordedLine } from "../call/interfaces.js";
import { Latch } from "../util/latch.js";
import { Listeners } from "../util/listeners.js";
import { requestInDialog } from "./dialog-request.js";
import type { DrachtioCallParts } from "./incoming-call.js";
import type { Offer } from "./offer.js";
import { ResumedDialog } from "./resumed-dialog.js";
import { SessionExchange } from "./session-exchange.js";
import type { SrfLike } from "./srf.js";

/** Timeout for drachtio's response to a BYE, in milliseconds. */
const byeTimeoutMs = 4_000;
/** Timeout for the caller's response to an in-dialog OPTIONS, in milliseconds. */
const presenceTimeoutMs = 4_000;

/** The caller's dialog of a call that another process has answered. drachtio forwards none of the caller's requests. */
export class ResumedCall implements CallerLine {
  readonly gone = new Latch<EndCause>();
  readonly #srf: SrfLike;
  readonly #parts: DrachtioCallParts;
  readonly #line: RecordedLine;
  readonly #dialog: ResumedDialog;
  readonly #onRecord = new Listeners();
  readonly #exchange: SessionExchange;

  /** @param callerSdp the caller's last session description, as the media server has it */
  constructor(srf: SrfLike, parts: DrachtioCallParts, line: RecordedLine, callerSdp: string) {
    this.#srf = srf;
    this.#parts = parts;
    this.#line = line;
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

  get isOnHold(): boolean {
    return this.#exchange.isOnHold;
  }

  async askPresence(): Promise<Presence> {
    const answer = await requestInDialog(this.#srf, this.#parts.clock, this.#line.dialogId, {
      method: "OPTIONS",
      timeoutMs: presenceTimeoutMs,
    });
    if (answer.kind === "refused") return "unknown";
    if (answer.kind !== "answered" || answer.response.status === 408) return "unreachable";
    if (answer.response.status !== 481) return "there";
    this.gone.set("caller-hung-up");
    return "gone";
  }

  async hangUp(reasonHeader: string): Promise<void> {
    this.detach();
    await requestInDialog(this.#srf, this.#parts.clock, this.#line.dialogId, {
      method: "BYE",
      headers: { Reason: reasonHeader },
      timeoutMs: byeTimeoutMs,
    });
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
