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
  readonly #web: WebServer;

  private constructor(web: WebServer) {
    this.#web = web;
  }

  /** Rejects when the port is taken. */
  static async listen(options: HttpOptions): Promise<HttpServer> {
    const { config, clock, onBug, limits } = options;
    const self: { base: string } = { base: config.publicUrl ?? "" };
    const base = (): string => self.base;
    const web = new WebServer({ config, clock, base, onBug, ...(limits !== undefined && { limits }) });
    const { operators } = options;
    countRequests(web, operators.metrics);
    addHealth(web, operators.health);
    addBbbWebhooks(web, base, options.webhooks);
    for (const each of operatorRoutes(operators, config, options.services.language)) web.add(each);
    for (const each of routesOf({ ...options.services, base }, () => web.routes)) web.add(each);
    await web.server.listen({ host: config.host, port: config.port });
    const server = new HttpServer(web);
    if (config.publicUrl === undefined) self.base = `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${server.port}`;
    return server;
  }

  get port(): number {
    const [address] = this.#web.server.addresses();
    return typeof address === "object" ? address.port : 0;
  }

  async close(): Promise<void> {
    await this.#web.server.close();
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
