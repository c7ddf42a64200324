import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const ADDRESS = "127.0.0.1";
const ATTEMPTS = 50;

/** A port of loopback that is free for TCP and UDP now. Others may take it before it is used: whoever starts on it must bear that. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await tcpPort();
    if (await udpFree(port)) return port;
  }
  throw new Error("no free port");
}

/** Several different ones. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; attempt < count * ATTEMPTS && ports.size < count; attempt++) ports.add(await freePort());
  return [...ports];
}

async function tcpPort(): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, ADDRESS, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

async function udpFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  return await new Promise((resolve) => {
    socket.once("error", () => {
      resolve(false);
    });
    socket.bind(port, ADDRESS, () => {
      socket.close(() => {
        resolve(true);
      });
    });
  });
}
