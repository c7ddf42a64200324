import type { Clock } from "../util/clock.js";
import { type DialogRequestOutcome, requestInDialog } from "./dialog-request.js";
import type { SrfDialog, SrfLike, SrfRequest, SrfResponse } from "./srf.js";

export interface ResumedDialogParts {
  readonly srf: SrfLike;
  readonly clock: Clock;
  /** drachtio's dialog ID. */
  readonly id: string;
  /** Our Contact in this dialog. */
  readonly contact: string;
}

/** Timeout for the final response to a re-INVITE, in milliseconds. */
const timeoutMs = 10_000;

/**
 * A dialog that another process has opened. drachtio 0.9.10 sends our requests in it, but forwards none of the peer's: it
 * answers them 481 (client-controller.cpp, route_request_inside_dialog), so no listener is ever called.
 */
export class ResumedDialog implements SrfDialog {
  readonly id: string;
  readonly local: { readonly contact: string; readonly sdp: string };
  readonly remote = { uri: "", sdp: "" };
  readonly sip = { callId: "" };
  readonly _reinvitesInProgress = { count: 0 };
  readonly #parts: ResumedDialogParts;

  constructor(parts: ResumedDialogParts) {
    this.id = parts.id;
    this.local = { contact: parts.contact, sdp: "" };
    this.#parts = parts;
  }

  get req(): SrfRequest {
    throw new Error("a resumed dialog has no INVITE");
  }

  get res(): SrfResponse {
    throw new Error("a resumed dialog has no response to an INVITE");
  }

  on(): void {
    // drachtio forwards no request in this dialog.
  }

  off(): void {
    // As `on`.
  }

  once(): void {
    // As `on`.
  }

  removeAllListeners(): void {
    // As `on`.
  }

  async modify(sdp: string): Promise<string> {
    // Balances the decrement of `MediaEndpoint.renegotiate`, which works around drachtio-srf's own dialogs.
    this._reinvitesInProgress.count += 1;
    const answer = await this.#invite(sdp);
    if (answer.kind !== "answered" || answer.response.status >= 300) throw new Error("the re-INVITE was refused");
    this._reinvitesInProgress.count -= 1;
    return answer.response.body ?? "";
  }

  async #invite(body: string): Promise<DialogRequestOutcome> {
    const { srf, clock, id, contact } = this.#parts;
    return await requestInDialog(srf, clock, id, {
      method: "INVITE",
      headers: { Contact: contact, "Content-Type": "application/sdp" },
      body,
      timeoutMs,
    });
  }
}
