import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { createServer } from "node:net";

import type { Owner } from "./owner.js";

const loopback = "127.0.0.1";
const attempts = 50;
const highest = 65_535;
/** Above Linux's ephemeral ports and FreeSWITCH's ports in tests. */
const firstClaim = 61_000;

/** A loopback port that is free for TCP and UDP now. Another program may bind it first: the caller must retry. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = await tcpPort();
    if (await udpFree(port)) return port;
  }
  throw new Error("no free port");
}

/** A port that stays free, because it is not ephemeral: for a program that never listens on it. */
export async function quietPort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(firstClaim, highest);
    if ((await tcpFree(port)) && (await udpFree(port))) return port;
  }
  throw new Error("no quiet port");
}

/** Several different ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; attempt < count * attempts && ports.size < count; attempt++) ports.add(await freePort());
  return [...ports];
}

/** The first of several consecutive free ports. */
export async function freePortsInARow(count: number): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const first = await freePort();
    if (first + count > highest) continue;
    const others = Array.from({ length: count - 1 }, (_, n) => first + 1 + n);
    const areFree = await Promise.all(others.map(async (port) => (await tcpFree(port)) && (await udpFree(port))));
    if (areFree.every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

/**
 * The first of several UDP ports that no other test gets before the owner's end, for a program that sets SO_REUSEADDR: such
 * programs can bind the same port and take each other's datagrams. This process binds the port before them as a lock.
 */
export async function claimUdpPorts(owner: Owner, count: number): Promise<number> {
  for (let claim = firstClaim; claim + count <= highest; claim += count + 1) {
    const socket = await udpSocket(claim);
    if (socket === undefined) continue;
    owner.teardown(() => {
      socket.close();
    });
    return claim + 1;
  }
  throw new Error(`no ${count} UDP ports to claim`);
}

async function tcpFree(port: number): Promise<boolean> {
  try {
    await tcpPort(port);
    return true;
  } catch {
    return false;
  }
}

async function tcpPort(wanted = 0): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(wanted, loopback, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

async function udpFree(port: number): Promise<boolean> {
  const socket = await udpSocket(port);
  socket?.close();
  return socket !== undefined;
}

async function udpSocket(port: number): Promise<Socket | undefined> {
  const socket = createSocket("udp4");
  return await new Promise((resolve) => {
    socket.once("error", () => {
      resolve(undefined);
    });
    socket.bind(port, loopback, () => {
      resolve(socket);
    });
  });
}
