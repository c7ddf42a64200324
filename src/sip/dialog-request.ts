import type { Clock } from "../util/clock.js";
import { within } from "../util/wait.js";
import type { Headers, SrfLike, SrfReceivedResponse } from "./srf.js";

export interface DialogRequest {
  readonly method: "OPTIONS" | "INVITE" | "BYE";
  readonly headers?: Headers;
  readonly body?: string;
  /** Timeout for a final response, in milliseconds. */
  readonly timeoutMs: number;
}

/** The outcome of an in-dialog request. */
export type DialogRequestOutcome =
  | { readonly kind: "answered"; readonly response: SrfReceivedResponse }
  /** drachtio got no response or could not send, and generated a 408 or 503 (without a source address). */
  | { readonly kind: "not-sent" }
  /** drachtio does not know the dialog. */
  | { readonly kind: "no-dialog" }
  /** drachtio is not connected, or refuses for another reason. */
  | { readonly kind: "refused" }
  | { readonly kind: "late" };

/**
 * Sends an in-dialog request and waits for the final response; sends the ACK of a 2xx to an INVITE. It uses the dialog ID
 * instead of drachtio-srf's dialog, which is bound to the connection of its INVITE; drachtio accepts the ID on any connection.
 */
export async function requestInDialog(
  srf: SrfLike,
  clock: Clock,
  dialogId: string,
  { method, headers, body, timeoutMs }: DialogRequest,
): Promise<DialogRequestOutcome> {
  const answered = new Promise<DialogRequestOutcome>((resolve) => {
    try {
      srf.request(
        "sip:placeholder",
        { method, stackDialogId: dialogId, ...(headers && { headers }), ...(body !== undefined && { body }) },
        (error, request) => {
          if (error !== null || request === undefined) {
            resolve({ kind: error?.code === "ENODIALOG" ? "no-dialog" : "refused" });
            return;
          }
          request.on("response", (response, acknowledge) => {
            if (response.status < 200) return;
            if (method === "INVITE" && response.status < 300) acknowledge();
            resolve(response.source_address === "" ? { kind: "not-sent" } : { kind: "answered", response });
          });
        },
      );
    } catch {
      // drachtio-srf 5.0.29 asserts that it is connected (lib/drachtio-agent.js).
      resolve({ kind: "refused" });
    }
  });
  return (await within(clock, timeoutMs, answered)) ?? { kind: "late" };
}
