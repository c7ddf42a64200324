import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";

import { host } from "./engine-program.js";

/** Below Linux's ephemeral ports. */
const lowest = 10_000;
const highest = 32_000;
/** Ports for one FreeSWITCH: 4 per call. */
const block = 2_000;
const attempts = 50;

/** A random range of UDP ports, sampled to be unused. Random because tests run in parallel. */
export async function rtpPorts(): Promise<{ readonly first: number; readonly last: number }> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const first = lowest + 2 * randomInt((highest - lowest - block) / 2);
    const samples = [0, 0.25, 0.5, 0.75, 0.99].map((share) => first + Math.floor(share * block));
    const free = await Promise.all(samples.map(isFree));
    if (free.every(Boolean)) return { first, last: first + block - 2 };
  }
  throw new Error("no range of free UDP ports");
}

async function isFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return await new Promise((resolve) => {
    socket.once("error", () => {
      resolve(false);
    });
    socket.bind(port, host, () => {
      socket.close(() => {
        resolve(true);
      });
    });
  });
}
