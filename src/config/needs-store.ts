import type { Config } from "./config.js";

/** Whether there is anything to keep: PINs, sums, or the keys of pseudonyms where the file names a store. Else nothing is written anywhere. */
export function needsStore({
  http: { tokens },
  statistics,
  rooms,
}: Pick<Config, "http" | "statistics" | "rooms">): boolean {
  return rooms.isStoreChosen || tokens.length > 0 || statistics !== "off" || rooms.jitsiConfCode !== "token";
}
