import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";

import type { Owner } from "./owner.js";

const loopback = "127.0.0.1";
const attempts = 200;
/** Longer than any test file, and the pause between tries, in milliseconds. */
const takenTimeoutMs = 500_000;
const takenPauseMs = 200;
/** Above Linux's ephemeral ports (32768 to 60999), which any outgoing connection may take, and FreeSWITCH's in tests. */
const firstUdpClaim = 61_000;
const lowest = 63_000;
const highest = 65_000;

/** A loopback port, free for TCP and UDP, that no other test gets before this process ends. */
export async function freePort(): Promise<number> {
  return await freePortsInARow(1);
}

/** Several different ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let n = 0; n < count; n++) ports.push(await freePort());
  return ports;
}

/** The first of several consecutive ports, each as from `freePort`. */
export async function freePortsInARow(count: number): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const first = randomInt(lowest, highest - count + 1);
    if (await claimAll(first, count)) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

async function claimAll(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port++)
    if (!(await claim(`port-${port}`)) || !(await tcpFree(port)) || !(await udpFree(port))) return false;
  return true;
}

/**
 * Takes a lock until this process ends; false if another process has it. It is an abstract socket of Linux, which belongs to a
 * network namespace, as ports do.
 */
export async function claim(name: string): Promise<boolean> {
  const lock = createServer();
  return await new Promise((resolve) => {
    lock.once("error", () => {
      resolve(false);
    });
    lock.listen(`\0einwahl-test-${name}`, () => {
      lock.unref();
      resolve(true);
    });
  });
}

/** Waits for a lock of `claim`. */
export async function taken(name: string): Promise<void> {
  const deadline = performance.now() + takenTimeoutMs;
  while (!(await claim(name))) {
    if (performance.now() > deadline) throw new Error(`${name} is taken for ${takenTimeoutMs} ms`);
    await setTimeout(takenPauseMs);
  }
}

/**
 * The first of several UDP ports that no other test gets before the owner's end, for a program that sets SO_REUSEADDR: such
 * programs can bind the same port and take each other's datagrams. This process binds the port before them as a lock.
 */
export async function claimUdpPorts(owner: Owner, count: number): Promise<number> {
  for (let first = firstUdpClaim; first + count < lowest; first += count + 1) {
    const socket = await udpSocket(first);
    if (socket === undefined) continue;
    owner.teardown(() => {
      socket.close();
    });
    return first + 1;
  }
  throw new Error(`no ${count} UDP ports to claim`);
}

async function tcpFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => {
      resolve(false);
    });
    server.listen(port, loopback, () => {
      server.close(() => {
        resolve(true);
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
