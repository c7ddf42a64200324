import type { Config } from "./config.js";

/** Whether anybody could reserve a PIN or read sums. Without tokens and statistics there is nothing to keep, and nothing is written anywhere. */
export function needsStore({ http: { tokens }, statistics, rooms }: Pick<Config, "http" | "statistics" | "rooms">): boolean {
  return tokens.length > 0 || statistics !== "off" || rooms.jitsiConfCode !== "token";
}
