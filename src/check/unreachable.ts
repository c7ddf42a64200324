import { networkFault } from "../util/network-fault.js";

/** The address and the reason why a connection failed. */
export function unreachable(place: string, code: string): string {
  return `${place}: ${networkFault(code) ?? "no connection"}${code === "" ? "" : ` (${code})`}`;
}
