import type { Clock } from "../util/clock.js";
import { within } from "../util/wait.js";
import type { ChannelConnection, FsmrfEndpoint } from "./fsmrf.js";

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
