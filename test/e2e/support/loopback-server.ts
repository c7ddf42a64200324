import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

import type { Owner } from "./owner.js";

/** A server that accepts connections, over TLS with a certificate, and sends nothing; returns its port. */
export async function startSilentServer(
  owner: Owner,
  tls?: { readonly key: string; readonly cert: string },
): Promise<number> {
  const sockets = new Set<Socket>();
  const take = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
    });
    socket.resume();
  };
  const server: Server = tls === undefined ? createServer(take) : createTlsServer(tls, take);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  owner.teardown(async () => {
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      for (const socket of sockets) socket.destroy();
    });
  });
  return (server.address() as AddressInfo).port;
}
