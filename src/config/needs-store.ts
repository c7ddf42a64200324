import type { Config } from "./config.js";

/** Whether a store is needed: for PINs, statistics, or pseudonym keys if the file sets a store. Without one nothing is written to disk. */
export function needsStore({
  http: { tokens },
  statistics,
  rooms,
}: Pick<Config, "http" | "statistics" | "rooms">): boolean {
  return rooms.isStoreChosen || tokens.length > 0 || statistics !== "off" || rooms.jitsiConfCode !== "token";
}
