import { type AddressInfo, createServer, type Server } from "node:net";

import type { ApiCommands } from "./api.js";
import type { Engine } from "./engine.js";
import { EventSocket } from "./event-socket.js";

const maxConnections = 256;

/** The inbound event socket, to which applications connect and authenticate. */
export class EventServer {
  readonly port: number;
  readonly #server: Server;
  readonly #connections = new Set<EventSocket>();

  private constructor(server: Server) {
    this.#server = server;
    const address = server.address() as AddressInfo;
    this.port = address.port;
  }

  /** Rejects if the port is in use. */
  static listen(o: {
    engine: Engine;
    api: ApiCommands;
    address: string;
    port: number;
    password: string;
  }): Promise<EventServer> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(o.port, o.address, () => {
        server.off("error", reject);
        const events = new EventServer(server);
        server.on("connection", (socket) => {
          if (events.#connections.size >= maxConnections) {
            socket.destroy();
            return;
          }
          const connection = new EventSocket(socket, { engine: o.engine, api: o.api, password: o.password });
          events.#connections.add(connection);
          o.engine.inBackground(
            connection.closed.then(() => {
              events.#connections.delete(connection);
            }),
          );
        });
        resolve(events);
      });
    });
  }

  get connections(): number {
    return this.#connections.size;
  }

  close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}
