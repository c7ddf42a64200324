import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";

import { host } from "./engine-program.js";

/** Below Linux's ephemeral ports. */
const LOWEST = 10_000;
const HIGHEST = 32_000;
/** Ports for one FreeSWITCH: 4 per call. */
const BLOCK = 2_000;
const ATTEMPTS = 50;

/** A random range of UDP ports, sampled to be unused. Random because tests run in parallel. */
export async function rtpPorts(): Promise<{ readonly first: number; readonly last: number }> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = LOWEST + 2 * randomInt((HIGHEST - LOWEST - BLOCK) / 2);
    const samples = [0, 0.25, 0.5, 0.75, 0.99].map((share) => first + Math.floor(share * BLOCK));
    const free = await Promise.all(samples.map(isFree));
    if (free.every(Boolean)) return { first, last: first + BLOCK - 2 };
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
