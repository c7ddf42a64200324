import type { HttpConfig } from "../config/config.js";
import type { Health } from "../monitoring/status/health.js";
import type { Clock } from "../util/clock.js";
import { ApiRouter, type ApiRouterOptions } from "./api-router.js";
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
import type { ApiServices, OperatorServices } from "./services.js";

export interface HttpOptions {
  readonly config: HttpConfig;
  readonly clock: Clock;
  readonly operators: OperatorServices;
  readonly services: Omit<ApiServices, "base">;
  /** The BBB servers whose webhooks are accepted at present. */
  readonly webhooks: () => readonly WebhookSource[];
  readonly onBug: (error: unknown) => void;
  /** Why the operators listener cannot listen; `undefined` once it can. */
  readonly onOperatorsFault: (fault: string | undefined) => void;
  readonly limits?: ApiRouterOptions["limits"];
}

/** The two HTTP listeners: one for front ends and people, one for operators on this machine. */
export class HttpServer {
  /** Owns the listening socket; after `replace` another router handles its requests. */
  readonly #listening: ApiRouter;
  readonly #operatorsListening: ApiRouter;
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

  /** The port of the operators listener; 0 while it cannot listen. */
  get operatorsPort(): number {
    return this.#operators.port;
  }

  /** Applies new options, except address and ports. Requests in progress finish with the old ones. */
  async replace(options: HttpOptions): Promise<void> {
    await this.#listening.answerFrom(this.#build(options));
    await this.#operatorsListening.answerFrom(this.#buildForOperators(options));
  }

  async close(): Promise<void> {
    await Promise.all([this.#listening.server.close(), this.#operators.close()]);
  }

  #build(options: HttpOptions): ApiRouter {
    const { config, clock, onBug, limits, operators } = options;
    const base = (): string => config.publicUrl ?? this.#listensAt ?? "";
    const router = new ApiRouter({
      config,
      listener: "public",
      clock,
      base,
      onBug,
      ...(limits !== undefined && { limits }),
    });
    countRequests(router, operators.metrics);
    addHealth(router, operators.health);
    addBbbWebhooks(router, base, options.webhooks);
    for (const each of operatorRoutes(operators, config, options.services.language)) router.add(each);
    for (const each of routesOf({ ...options.services, base }, () => router.routes)) router.add(each);
    return router;
  }

  #buildForOperators({ config, clock, onBug, limits, operators, services }: HttpOptions): ApiRouter {
    const base = (): string => `http://127.0.0.1:${this.operatorsPort}`;
    const router = new ApiRouter({
      config,
      listener: "operators",
      clock,
      base,
      onBug,
      ...(limits !== undefined && { limits }),
    });
    countRequests(router, operators.metrics);
    addHealth(router, operators.health);
    for (const each of operatorRoutes(operators, config, services.language)) router.add(each);
    return router;
  }
}

function* routesOf(services: ApiServices, all: () => ApiRouter["routes"]): Generator<ApiRouter["routes"][number]> {
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

/** Labels are the paths of routes, not of requests: clients cannot create new time series. */
function countRequests({ server }: ApiRouter, metrics: OperatorServices["metrics"]): void {
  server.addHook("onResponse", (request, reply, done) => {
    metrics.requestAnswered(request.routeOptions.url ?? "none", reply.statusCode);
    done();
  });
}

function addHealth(router: ApiRouter, health: () => Health): void {
  const { server } = router;
  // No rate limit: monitors poll often, and from anywhere. Reasons name trunks and servers, so only operators get them.
  const config = { isUnlimited: true };
  server.get("/healthz", { config }, () => ({ status: "alive" }));
  server.get("/readyz", { config }, async (request, reply) => {
    const { state, reasons } = health();
    await reply
      .code(readiness[state].code)
      .send({ status: readiness[state].word, ...(router.isLocal(request) && { reasons }) });
  });
}

/** Load balancers use another instance on 429 and 503; only 503 needs an operator. */
const readiness = {
  ready: { code: 200, word: "ready" },
  full: { code: 429, word: "full" },
  "not-ready": { code: 503, word: "not ready" },
} as const satisfies Record<Health["state"], { readonly code: number; readonly word: string }>;
