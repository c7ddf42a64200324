import { claim } from "../e2e/support/ports.js";

/** Below Linux's ephemeral ports. */
const lowest = 10_000;
const highest = 32_000;
/** Ports for one FreeSWITCH: 4 per call. */
const block = 1_000;

/**
 * UDP ports for one FreeSWITCH that no other one gets before this process ends: FreeSWITCH shares a port with another program
 * that also sets SO_REUSEADDR, and each gets a part of the other's RTP.
 */
export async function rtpPorts(): Promise<{ readonly first: number; readonly last: number }> {
  for (let first = lowest; first + block <= highest; first += block)
    if (await claim(`rtp-${first}`)) return { first, last: first + block - 2 };
  throw new Error("no range of free UDP ports");
}
