import { networkFault } from "../util/network-fault.js";

/** Why nobody could be asked, to be read after the place. */
export function unreachable(place: string, code: string): string {
  return `${place}: ${networkFault(code) ?? "no connection"}${code === "" ? "" : ` (${code})`}`;
}
