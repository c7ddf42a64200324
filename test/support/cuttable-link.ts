import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy that a test can cut without closing either end. */
export class CuttableLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(target: () => number): Promise<CuttableLink> {
    const server = createServer();
    const link = new CuttableLink(server);
    server.on("connection", (near) => {
      const far = connect(target(), "127.0.0.1");
      for (const socket of [near, far]) {
        link.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          link.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts the current connections; new ones are accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }
}
