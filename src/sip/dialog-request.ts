import type { Clock } from "../util/clock.js";
import type { Headers, SrfLike, SrfReceivedResponse } from "./srf.js";

export interface DialogRequest {
  readonly method: "OPTIONS" | "INVITE" | "BYE";
  readonly headers?: Headers;
  readonly body?: string;
  /** How long a final response is waited for, in milliseconds. */
  readonly timeoutMs: number;
}

/** What has become of a request within a dialog. */
export type DialogRequestOutcome =
  | { readonly kind: "answered"; readonly response: SrfReceivedResponse }
  /** drachtio has got no response, or could not send the request, and has made up a 408 or 503: it has no source. */
  | { readonly kind: "not-sent" }
  /** drachtio does not know the dialog, or is not connected. */
  | { readonly kind: "refused" }
  | { readonly kind: "late" };

/**
 * Sends a request within a dialog of drachtio's and waits for the final response; a 2xx to an INVITE is acknowledged. By the dialog's
 * id and not through drachtio-srf's dialog: that is bound to the connection on which the call came in, and drachtio takes it on any.
 */
export async function requestInDialog(
  srf: SrfLike,
  clock: Clock,
  dialogId: string,
  { method, headers, body, timeoutMs }: DialogRequest,
): Promise<DialogRequestOutcome> {
  return await new Promise((resolve) => {
    const cancelTimer = clock.after(timeoutMs, () => {
      resolve({ kind: "late" });
    });
    const settle = (answer: DialogRequestOutcome): void => {
      cancelTimer();
      resolve(answer);
    };
    srf.request(
      "sip:placeholder",
      { method, stackDialogId: dialogId, ...(headers && { headers }), ...(body !== undefined && { body }) },
      (error, request) => {
        if (error !== null || request === undefined) {
          settle({ kind: "refused" });
          return;
        }
        request.on("response", (response, acknowledge) => {
          if (response.status < 200) return;
          if (method === "INVITE" && response.status < 300) acknowledge();
          settle(response.source_address === "" ? { kind: "not-sent" } : { kind: "answered", response });
        });
      },
    );
  });
}
