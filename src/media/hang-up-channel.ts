import { requestInDialog } from "../sip/dialog-request.js";
import type { SrfLike } from "../sip/srf.js";
import type { Clock } from "../util/clock.js";
import { within } from "../util/wait.js";
import type { ChannelConnection } from "./channel-connection.js";
import type { FsmrfEndpoint } from "./fsmrf.js";

/** Timeout for FreeSWITCH's confirmation of a hang-up, in milliseconds. */
const hangUpTimeoutMs = 3_000;
/** Time between the end of a channel's connection and its BYE, in milliseconds. */
export const byeAfterEndMs = 300;

/** Ends a channel. Resolves on FreeSWITCH's BYE, or shortly after the end of its connection: a restarted drachtio loses the BYE. */
export async function hangUpChannel(
  channel: Pick<FsmrfEndpoint, "conn" | "destroy" | "removeAllListeners">,
  clock: Clock,
): Promise<void> {
  const connection: ChannelConnection | null | undefined = channel.conn;
  channel.removeAllListeners();
  // FreeSWITCH may close first; drachtio-fsmrf 4.1.2 ignores that error by an outdated name only.
  connection?.removeAllListeners("error");
  connection?.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => {
    connection?.on("esl::end", () => {
      resolve();
    });
  });
  const destroyed = new Promise<true>((resolve) => {
    channel.destroy(() => {
      resolve(true);
    });
  });
  const isDestroyed = await within(clock, hangUpTimeoutMs, Promise.race([destroyed, ended]));
  if (isDestroyed !== true) await within(clock, byeAfterEndMs, destroyed);
}

/** drachtio's timeout for a BYE to a host that does not answer (RFC 3261, timer F), in milliseconds. */
const lostByeTimeoutMs = 32_000;

/**
 * Ends the dialog of a channel whose media server is lost, in the background: drachtio keeps it otherwise. drachtio drops
 * the dialog also if the BYE is not answered.
 */
export function endLostDialog(
  dialogId: string,
  { srf, clock }: { readonly srf: SrfLike; readonly clock: Clock },
): void {
  requestInDialog(srf, clock, dialogId, { method: "BYE", timeoutMs: lostByeTimeoutMs }).catch(() => undefined);
}
