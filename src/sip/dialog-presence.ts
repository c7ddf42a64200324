import type { Presence } from "../call/interfaces.js";
import type { Clock } from "../util/clock.js";
import { requestInDialog } from "./dialog-request.js";
import type { SrfLike } from "./srf.js";

/** Timeout for the caller's response to an in-dialog OPTIONS, in milliseconds. */
const answerTimeoutMs = 4_000;

/** The connections to drachtio, counted. */
export interface ConnectionCount {
  /** The number of the current connection, from 1 up; `undefined`: not connected. */
  readonly connection: number | undefined;
}

export interface DialogPresenceParts {
  readonly srf: SrfLike;
  readonly clock: Clock;
  readonly connections: ConnectionCount;
  /** drachtio's dialog ID. */
  readonly dialogId: string;
  /** Whether the current connection knows the dialog already, because it made it or a request in it was answered. */
  readonly known: "yes" | "not-yet";
}

/**
 * Whether the caller still has a dialog, by OPTIONS in it. drachtio removes a dialog at the caller's BYE, and tells only
 * the connection that answered the INVITE; a restarted drachtio knows no dialog at all.
 */
export class DialogPresence {
  readonly #parts: DialogPresenceParts;
  /** The connection over which drachtio has proved that it knows the dialog. */
  #provedOn: number | undefined;
  #isLost = false;

  constructor(parts: DialogPresenceParts) {
    this.#parts = parts;
    this.#provedOn = parts.known === "yes" ? parts.connections.connection : undefined;
  }

  /** drachtio does not know the dialog any more: no request can be sent in it, and none arrives. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** `gone` also if drachtio, over the same connection, knew the dialog before: the caller's BYE has ended it. */
  async ask(): Promise<Presence> {
    if (this.#isLost) return "lost";
    const { srf, clock, connections, dialogId } = this.#parts;
    const connection = connections.connection;
    if (connection === undefined) return "unknown";
    const answer = await requestInDialog(srf, clock, dialogId, { method: "OPTIONS", timeoutMs: answerTimeoutMs });
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
}

/** A proxy on the way sends 408 for a caller that does not answer. */
function presenceFrom(status: number): Presence {
  if (status === 481) return "gone";
  return status === 408 ? "unreachable" : "there";
}
