import Fastify, { type FastifyInstance } from "fastify";

/** What the health routes tell; computed when asked. */
export interface Health {
  /** 200: calls would work now; 503: they would not, and why not. */
  readonly isReady: boolean;
  readonly reasons: readonly string[];
}

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly health: () => Health;
}

/** einwahl's own HTTP server: whether it lives and whether a call would work. */
export class HttpServer {
  readonly #server: FastifyInstance;

  private constructor(server: FastifyInstance) {
    this.#server = server;
  }

  /** Rejects when the port is taken. */
  static async listen(options: HttpOptions): Promise<HttpServer> {
    const server = Fastify({ logger: false, forceCloseConnections: true });
    server.get("/healthz", () => ({ status: "alive" }));
    server.get("/readyz", async (_request, reply) => {
      const { isReady, reasons } = options.health();
      await reply.code(isReady ? 200 : 503).send({ status: isReady ? "ready" : "not ready", reasons });
    });
    await server.listen({ host: options.host, port: options.port });
    return new HttpServer(server);
  }

  get port(): number {
    const [address] = this.#server.addresses();
    return typeof address === "object" ? address.port : 0;
  }

  async close(): Promise<void> {
    await this.#server.close();
  }
}
