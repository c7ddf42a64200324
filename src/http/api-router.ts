import { Buffer } from "node:buffer";

import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { z } from "zod";

import type { HttpConfig } from "../config/config.js";
import { AddressList } from "../util/address-list.js";
import type { Clock } from "../util/clock.js";
import { Access, type Listener } from "./access.js";
import { addBodyParsers, addFormParser, formType, jsonLinesType } from "./body-parsers.js";
import { answerClientError } from "./client-error.js";
import { CrossOrigin } from "./cors.js";
import { addExpectations } from "./expectations.js";
import { fastifyProblem } from "./fastify-problem.js";
import { problemDetails, problemType } from "./problem.js";
import { type ProblemCode, problems } from "./problem-catalogue.js";
import { unmapped, withoutPort } from "./rate-limit.js";
import type { Answer, AnswerSpec, PlacedError, Route } from "./route.js";

export interface ApiRouterOptions {
  readonly config: HttpConfig;
  readonly listener: Listener;
  readonly clock: Clock;
  /** The public URL of this server, without a trailing slash; known once it listens. */
  readonly base: () => string;
  readonly onBug: (error: unknown) => void;
  /** Timeouts in milliseconds; tests shorten them. */
  readonly limits?: { readonly requestTimeoutMs: number; readonly answerTimeoutMs: number };
}

const usualLimits = { requestTimeoutMs: 10_000, answerTimeoutMs: 15_000 };
const maxBytes = 16_384;
/** A meeting id of 256 characters, percent-encoded. */
const maxParameterLength = 2_400;

/** Headers of every response: forbid scripts, framing and content sniffing. */
const plainHeaders = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cache-Control": "no-store",
};

/** Fastify with the routes of this project: validates requests and responses, and reports every error as problem details. */
export class ApiRouter {
  readonly server: FastifyInstance;
  readonly #options: ApiRouterOptions;
  readonly #answerTimeoutMs: number;
  readonly #access: Access;
  readonly #crossOrigin: CrossOrigin;
  readonly #routes: Route[] = [];

  constructor(options: ApiRouterOptions) {
    const { requestTimeoutMs, answerTimeoutMs } = options.limits ?? usualLimits;
    this.#options = options;
    this.#answerTimeoutMs = answerTimeoutMs;
    this.#access = new Access(options.config, options.listener, options.clock);
    this.#crossOrigin = new CrossOrigin(options.config.corsOrigins);
    const proxies = new AddressList(options.config.trustedProxies);
    this.server = Fastify({
      logger: false,
      forceCloseConnections: true,
      // Node's default checks for slow connections every 30 s only, and its own 400 for a missing Host has no body.
      http: {
        headersTimeout: requestTimeoutMs,
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 5),
        requireHostHeader: false,
      },
      bodyLimit: maxBytes,
      requestTimeout: requestTimeoutMs,
      routerOptions: { maxParamLength: maxParameterLength, caseSensitive: true },
      trustProxy: (address) => proxies.has(unmapped(withoutPort(address))),
      frameworkErrors: (error, _request, reply) => {
        this.#fail(reply.headers(plainHeaders), this.#codeOf(error));
      },
      clientErrorHandler: (error, socket) => {
        answerClientError(error, socket, options.base());
      },
    });
    this.server.server.maxHeadersCount = 100;
    this.#prepare();
  }

  /** 0 while the server is not listening. */
  get port(): number {
    const [address] = this.server.addresses();
    return typeof address === "object" ? address.port : 0;
  }

  /** Whether the request came from this machine to the operators listener. */
  isLocal(request: FastifyRequest): boolean {
    return this.#access.isLocal(request);
  }

  get routes(): readonly Route[] {
    return this.#routes;
  }

  add(route: Route): void {
    this.#routes.push(route);
    if (route.body?.type !== formType) {
      this.#route(this.server, route);
      return;
    }
    // An encapsulated scope: all other routes refuse a form with 415.
    this.server.register((scope, _options, done) => {
      addFormParser(scope);
      this.#route(scope, route);
      done();
    });
  }

  #route(server: FastifyInstance, route: Route): void {
    server.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ":$1"),
      ...(route.body?.maxBytes !== undefined && { bodyLimit: route.body.maxBytes }),
      config: { isPublic: route.access === "public", isForOperators: route.forOperators !== undefined },
      handler: (request, reply) => {
        this.#serve(route, request, reply);
      },
      onRequest: (request, reply, done) => {
        const refusal = this.#refusal(route, request);
        if (refusal === undefined) done();
        else this.#fail(reply, refusal);
      },
    });
  }

  /** Passes all further requests to another router, which has no listener of its own. */
  async answerFrom(other: ApiRouter): Promise<void> {
    await other.server.ready();
    this.server.server.removeAllListeners("request");
    this.server.server.on("request", (request, response) => {
      other.server.routing(request, response);
    });
  }

  #prepare(): void {
    const { server } = this;
    addBodyParsers(server);
    addExpectations(server);
    server.addHook("onRequest", (request, reply, done) => {
      const { isPublic, isUnlimited } = request.routeOptions.config;
      reply.headers(plainHeaders);
      // Set before any refusal: without them a page of another origin cannot read the error.
      if (isPublic === true) reply.headers(this.#crossOrigin.headers(request.headers.origin ?? ""));
      const problem = isUnlimited === true ? undefined : this.#access.admit(request, reply).problem;
      if (problem !== undefined) this.#fail(reply, problem);
      else if (request.raw.httpVersion === "1.1" && request.headers.host === undefined)
        this.#fail(reply, "malformed-http");
      // Before the body is parsed: 404 and 405 take precedence over faults of the body.
      else if (request.is404) this.#notFound(request, reply);
      else done();
    });
    server.setErrorHandler((error: FastifyError, _request, reply) => {
      this.#fail(reply, this.#codeOf(error));
    });
  }

  #refusal(route: Route, request: FastifyRequest): ProblemCode | undefined {
    if (route.access === "public") return undefined;
    const { token, isLocal } = this.#access.visitor(request);
    if (route.forOperators === "local" && isLocal && token === undefined) return undefined;
    if (token === undefined) return "token-missing";
    return token.scopes.has(route.access) ? undefined : "scope-missing";
  }

  #serve(route: Route, request: FastifyRequest, reply: FastifyReply): void {
    if (
      route.body !== undefined &&
      request.body !== undefined &&
      Buffer.isBuffer(request.body) !== (route.body.type === jsonLinesType)
    ) {
      this.#fail(reply, "unsupported-media-type");
      return;
    }
    const errors: PlacedError[] = [];
    const read = (schema: z.ZodType | undefined, value: unknown, place: string): unknown => {
      if (schema === undefined) return undefined;
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      errors.push(
        ...parsed.error.issues.map((issue) => ({
          at: [place, ...issue.path].map(String).join("."),
          message: issue.message,
        })),
      );
      return undefined;
    };
    const body = request.body ?? (route.body?.isRequired === true ? undefined : {});
    const checked = {
      params: read(route.params, request.params, "path"),
      query: read(route.query, request.query, "query"),
      body: read(route.body?.schema, body, "body"),
    };
    if (errors.length > 0) {
      this.#fail(reply, "invalid-request", errors);
      return;
    }
    const answer = route.handle({
      ...checked,
      token: this.#access.visitor(request).token,
      accept: request.headers.accept ?? "",
      acceptLanguage: request.headers["accept-language"] ?? "",
      ifNoneMatch: request.headers["if-none-match"] ?? "",
    });
    if (answer instanceof Promise) this.#answerLater(route, answer, reply);
    else this.#answer(route, answer, reply);
  }

  /** Requests only ever wait for a store; a timeout bounds that wait. */
  #answerLater(route: Route, coming: Promise<Answer>, reply: FastifyReply): void {
    const cancelTimer = this.#options.clock.after(this.#answerTimeoutMs, () => {
      this.#fail(reply, "store-unavailable");
    });
    const answered = coming.then((answer) => {
      cancelTimer();
      if (!reply.sent) this.#answer(route, answer, reply);
    });
    answered.catch((error: unknown) => {
      cancelTimer();
      if (reply.sent) this.#options.onBug(error);
      else this.#fail(reply, this.#codeOf(error));
    });
  }

  #answer(route: Route, answer: Answer, reply: FastifyReply): void {
    for (const [name, value] of Object.entries(answer.headers ?? {}))
      reply.header(name, name === "Vary" ? both(reply.getHeader(name), value) : value);
    if ("problem" in answer) {
      this.#fail(reply, answer.problem, answer.errors);
      return;
    }
    const spec = route.answers[answer.status];
    if (spec === undefined)
      throw new Error(`${route.id} answers ${answer.status}, which its description does not know`);
    reply.code(answer.status);
    if ("text" in answer) reply.type(typeOf(answer.type ?? spec.type)).send(answer.text);
    else if ("body" in answer) reply.type(typeOf(spec.type)).send(serialise(spec, answer.body));
    else reply.send();
  }

  #notFound(request: FastifyRequest, reply: FastifyReply): void {
    const path = request.url.split("?")[0] ?? "";
    const here = this.#routes.filter((route) =>
      new RegExp(`^${route.path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`).test(path),
    );
    if (here.length === 0) {
      this.#fail(reply, "not-found");
      return;
    }
    const methods = [
      ...new Set(here.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]))),
      "OPTIONS",
    ];
    reply.header("Allow", methods.join(", "));
    if (request.method !== "OPTIONS") {
      this.#fail(reply, "method-not-allowed");
      return;
    }
    if (here.some((route) => route.access === "public"))
      reply.headers(this.#crossOrigin.preflightHeaders(request.headers.origin ?? ""));
    reply.code(204).send();
  }

  /** For handlers that are not a `Route`. */
  refuse(reply: FastifyReply, code: ProblemCode): void {
    this.#fail(reply, code);
  }

  #fail(reply: FastifyReply, code: ProblemCode, errors?: readonly PlacedError[]): void {
    const { status } = problems[code];
    if (status === 401)
      reply.header("WWW-Authenticate", challenges(code, reply.request.routeOptions.config.isForOperators === true));
    if (status === 503) reply.header("Retry-After", "2");
    reply.header("Cache-Control", "no-store").removeHeader("ETag");
    reply
      .code(status)
      .type(problemType)
      .send(Buffer.from(JSON.stringify(problemDetails(code, this.#options.base(), errors))));
  }

  #codeOf(error: unknown): ProblemCode {
    const known = fastifyProblem(error);
    if (known !== undefined) return known;
    this.#options.onBug(error);
    return "internal-error";
  }
}

/** JSON of the value that the schema parsed. Throws if the value does not match: that is a bug. */
export function serialise(spec: AnswerSpec, value: unknown): string {
  return JSON.stringify(spec.schema === undefined ? value : spec.schema.parse(value));
}

function typeOf(type: string | undefined): string {
  const named = type ?? "application/json";
  return named.startsWith("text/") || named === "application/json" ? `${named}; charset=utf-8` : named;
}

/** `Basic` makes a browser prompt for a password, so only routes for operators offer it. */
function challenges(code: ProblemCode, isForOperators: boolean): string | string[] {
  const bearer = `Bearer realm="einwahl"${code === "token-unknown" ? ', error="invalid_token"' : ""}`;
  return isForOperators ? ['Basic realm="einwahl", charset="UTF-8"', bearer] : bearer;
}

function both(before: unknown, value: string): string {
  return typeof before === "string" && before !== "" ? `${before}, ${value}` : value;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Routes without a rate limit: health checks. */
    isUnlimited?: boolean;
    /** See `forOperators` of routes. */
    isForOperators?: boolean;
    /** Routes that pages of the configured CORS origins may read. */
    isPublic?: boolean;
  }
}
