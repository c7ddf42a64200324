import type { Clock } from "../clock.js";
import type { HttpConfig } from "../config/web-config.js";
import type { Health } from "../status/health.js";
import { type WebhookSource, addBbbWebhooks } from "./bbb-webhooks.js";
import { pageRoute } from "./page/page-route.js";
import { documentRoutes } from "./routes/document-routes.js";
import { jitsiRoutes } from "./routes/jitsi-routes.js";
import { numberRoutes } from "./routes/number-routes.js";
import { operatorRoutes } from "./routes/operator-routes.js";
import { roomRoutes } from "./routes/room-routes.js";
import { statisticsRoutes } from "./routes/statistics-routes.js";
import { transferRoutes } from "./routes/transfer-routes.js";
import type { OperatorServices, WebServices } from "./services.js";
import { WebServer, type WebServerOptions } from "./web-server.js";

export interface HttpOptions {
  readonly config: HttpConfig;
  readonly clock: Clock;
  readonly operators: OperatorServices;
  readonly services: Omit<WebServices, "base">;
  /** The BBB servers whose webhooks are taken, now. */
  readonly webhooks: () => readonly WebhookSource[];
  readonly onBug: (error: unknown) => void;
  readonly limits?: WebServerOptions["limits"];
}

/** einwahl's own HTTP server: for front ends, for people, and whether a call would work. */
export class HttpServer {
  /** Which listens; what it answers may come from another one by now. */
  readonly #listening: WebServer;
  #listensAt: string | undefined;

  private constructor(options: HttpOptions) {
    this.#listening = this.#build(options);
  }

  /** Rejects when the port is taken. */
  static async listen(options: HttpOptions): Promise<HttpServer> {
    const { host, port } = options.config;
    const server = new HttpServer(options);
    await server.#listening.server.listen({ host, port });
    server.#listensAt = `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`;
    return server;
  }

  get port(): number {
    const [address] = this.#listening.server.addresses();
    return typeof address === "object" ? address.port : 0;
  }

  /** Answers from these options from now on, except for the address and the port; requests under way are answered from the old ones. */
  async replace(options: HttpOptions): Promise<void> {
    await this.#listening.answerFrom(this.#build(options));
  }

  async close(): Promise<void> {
    await this.#listening.server.close();
  }

  #build(options: HttpOptions): WebServer {
    const { config, clock, onBug, limits, operators } = options;
    const base = (): string => config.publicUrl ?? this.#listensAt ?? "";
    const web = new WebServer({ config, clock, base, onBug, ...(limits !== undefined && { limits }) });
    countRequests(web, operators.metrics);
    addHealth(web, operators.health);
    addBbbWebhooks(web, base, options.webhooks);
    for (const each of operatorRoutes(operators, config, options.services.language)) web.add(each);
    for (const each of routesOf({ ...options.services, base }, () => web.routes)) web.add(each);
    return web;
  }
}

function* routesOf(services: WebServices, all: () => WebServer["routes"]): Generator<WebServer["routes"][number]> {
  yield pageRoute(services);
  yield* numberRoutes(services);
  if (services.rooms !== undefined) {
    yield* roomRoutes(services, services.rooms);
    yield* transferRoutes(services.rooms);
    yield* jitsiRoutes(services, services.rooms);
  }
  if (services.daySums !== undefined) yield* statisticsRoutes(services, services.daySums);
  yield* documentRoutes(services, all);
}

/** By the routes' own paths, so that nobody can make up new ones. */
function countRequests({ server }: WebServer, metrics: OperatorServices["metrics"]): void {
  server.addHook("onResponse", (request, reply, done) => {
    metrics.requestAnswered(request.routeOptions.url ?? "none", reply.statusCode);
    done();
  });
}

function addHealth({ server }: WebServer, health: () => Health): void {
  // Whoever watches asks often, and from anywhere.
  const config = { isUnlimited: true };
  server.get("/healthz", { config }, () => ({ status: "alive" }));
  server.get("/readyz", { config }, async (_request, reply) => {
    const { state, reasons } = health();
    await reply.code(readiness[state].code).send({ status: readiness[state].word, reasons });
  });
}

/** Load balancers pass calls to others on both; only 503 means that somebody should look. */
const readiness = {
  ready: { code: 200, word: "ready" },
  loaded: { code: 429, word: "loaded" },
  "not-ready": { code: 503, word: "not ready" },
} as const satisfies Record<Health["state"], { readonly code: number; readonly word: string }>;
