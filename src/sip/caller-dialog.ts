import type { Presence } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import { requestInDialog } from "./dialog-request.js";
import type { SrfLike } from "./srf.js";

/** Timeouts for the caller's response to an in-dialog OPTIONS and for drachtio's to a BYE, in milliseconds. */
const presenceTimeoutMs = 4_000;
const byeTimeoutMs = 4_000;

/** The connections to drachtio, counted. */
export interface ConnectionCount {
  /** The number of the current connection, from 1 up; `undefined`: not connected. */
  readonly connection: number | undefined;
}

export interface CallerDialogParts {
  readonly srf: SrfLike;
  readonly clock: Clock;
  readonly connections: ConnectionCount;
  /** drachtio's dialog ID. */
  readonly dialogId: string;
  /** The BYE could not be sent, because drachtio is not connected. */
  readonly onUnended: (dialogId: string, reasonHeader: string) => void;
  /** Whether the current connection knows the dialog already, because it made it or a request in it was answered. */
  readonly known: "yes" | "not-yet";
}

/**
 * The dialog with a caller, by drachtio's id: over any connection to drachtio, by any process. drachtio removes a dialog at
 * the caller's BYE, and tells only the connection that answered the INVITE; a restarted drachtio knows no dialog at all.
 */
export class CallerDialog {
  readonly #parts: CallerDialogParts;
  /** The connection over which drachtio has proved that it knows the dialog. */
  #provedOn: number | undefined;
  #isLost = false;

  constructor(parts: CallerDialogParts) {
    this.#parts = parts;
    this.#provedOn = parts.known === "yes" ? parts.connections.connection : undefined;
  }

  /** Sends OPTIONS. `gone` also if drachtio, over the same connection, knew the dialog before: the caller's BYE has ended it. */
  async askPresence(): Promise<Presence> {
    if (this.#isLost) return "lost";
    const { srf, clock, connections, dialogId } = this.#parts;
    const connection = connections.connection;
    if (connection === undefined) return "unknown";
    const answer = await requestInDialog(srf, clock, dialogId, { method: "OPTIONS", timeoutMs: presenceTimeoutMs });
    if (connections.connection !== connection) return "unknown";
    switch (answer.kind) {
      case "late":
      case "refused":
        return "unreachable";
      case "no-dialog":
        if (this.#provedOn === connection) return "gone";
        this.#isLost = true;
        return "lost";
      case "not-sent":
        this.#provedOn = connection;
        return "unreachable";
      case "answered":
        this.#provedOn = connection;
        return presenceFrom(answer.response.status);
    }
  }

  /** Resolves once the BYE is answered or has failed. In a lost dialog there is none: the caller's side ends with the audio. */
  async sendBye(reasonHeader: string): Promise<void> {
    if (this.#isLost) return;
    const { srf, clock, connections, dialogId, onUnended } = this.#parts;
    const { connection } = connections;
    const { kind } = await requestInDialog(srf, clock, dialogId, {
      method: "BYE",
      headers: { Reason: reasonHeader },
      timeoutMs: byeTimeoutMs,
    });
    const isCut = connection === undefined || connections.connection !== connection;
    if (isCut && (kind === "refused" || kind === "late")) onUnended(dialogId, reasonHeader);
  }
}

/** A proxy on the way sends 408 for a caller that does not answer. */
function presenceFrom(status: number): Presence {
  if (status === 481) return "gone";
  return status === 408 ? "unreachable" : "there";
}
