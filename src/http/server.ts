import type { HttpConfig } from "../config/web-config.js";
import type { Health } from "../monitoring/status/health.js";
import type { Clock } from "../util/clock.js";
import { addBbbWebhooks, type WebhookSource } from "./bbb-webhooks.js";
import { OperatorsServer } from "./operators-server.js";
import { pageRoutes } from "./page/page-route.js";
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
  /** Why the listener for operators can't listen; `undefined`: it does after all. */
  readonly onOperatorsFault: (fault: string | undefined) => void;
  readonly limits?: WebServerOptions["limits"];
}

/** einwahl's own HTTP servers: one for front ends and people, one for operators on this machine. */
export class HttpServer {
  /** Which listens; what it answers may come from another one by now. */
  readonly #listening: WebServer;
  readonly #operatorsListening: WebServer;
  readonly #operators: OperatorsServer;
  #listensAt: string | undefined;

  private constructor(options: HttpOptions) {
    this.#listening = this.#build(options);
    this.#operatorsListening = this.#buildForOperators(options);
    this.#operators = new OperatorsServer(this.#operatorsListening, {
      port: options.config.operatorsPort,
      clock: options.clock,
      onFault: options.onOperatorsFault,
    });
  }

  /** Rejects when the public port is taken. */
  static async listen(options: HttpOptions): Promise<HttpServer> {
    const { host, port } = options.config;
    const server = new HttpServer(options);
    await server.#listening.server.listen({ host, port });
    await server.#operators.open();
    server.#listensAt = `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`;
    return server;
  }

  get port(): number {
    return this.#listening.port;
  }

  /** Of the listener for operators; 0 while it can't listen. */
  get operatorsPort(): number {
    return this.#operators.port;
  }

  /** Answers from these options from now on, except for the address and the ports; requests under way are answered from the old ones. */
  async replace(options: HttpOptions): Promise<void> {
    await this.#listening.answerFrom(this.#build(options));
    await this.#operatorsListening.answerFrom(this.#buildForOperators(options));
  }

  async close(): Promise<void> {
    await Promise.all([this.#listening.server.close(), this.#operators.close()]);
  }

  #build(options: HttpOptions): WebServer {
    const { config, clock, onBug, limits, operators } = options;
    const base = (): string => config.publicUrl ?? this.#listensAt ?? "";
    const web = new WebServer({
      config,
      listener: "public",
      clock,
      base,
      onBug,
      ...(limits !== undefined && { limits }),
    });
    countRequests(web, operators.metrics);
    addHealth(web, operators.health);
    addBbbWebhooks(web, base, options.webhooks);
    for (const each of operatorRoutes(operators, config, options.services.language)) web.add(each);
    for (const each of routesOf({ ...options.services, base }, () => web.routes)) web.add(each);
    return web;
  }

  #buildForOperators({ config, clock, onBug, limits, operators, services }: HttpOptions): WebServer {
    const base = (): string => `http://127.0.0.1:${this.operatorsPort}`;
    const web = new WebServer({
      config,
      listener: "operators",
      clock,
      base,
      onBug,
      ...(limits !== undefined && { limits }),
    });
    countRequests(web, operators.metrics);
    addHealth(web, operators.health);
    for (const each of operatorRoutes(operators, config, services.language)) web.add(each);
    return web;
  }
}

function* routesOf(services: WebServices, all: () => WebServer["routes"]): Generator<WebServer["routes"][number]> {
  yield* pageRoutes(services);
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

function addHealth(web: WebServer, health: () => Health): void {
  const { server } = web;
  // Monitors poll often, and from anywhere; the reasons name trunks and servers, which are for operators only.
  const config = { isUnlimited: true };
  server.get("/healthz", { config }, () => ({ status: "alive" }));
  server.get("/readyz", { config }, async (request, reply) => {
    const { state, reasons } = health();
    await reply
      .code(readiness[state].code)
      .send({ status: readiness[state].word, ...(web.isLocal(request) && { reasons }) });
  });
}

/** Load balancers pass calls to others on both; only 503 means that somebody should look. */
const readiness = {
  ready: { code: 200, word: "ready" },
  loaded: { code: 429, word: "loaded" },
  "not-ready": { code: 503, word: "not ready" },
} as const satisfies Record<Health["state"], { readonly code: number; readonly word: string }>;
