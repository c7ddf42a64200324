import type { FastifyReply, FastifyRequest } from "fastify";

import type { HttpConfig } from "../config/config.js";
import type { Clock } from "../util/clock.js";
import type { ProblemCode } from "./problem-catalogue.js";
import { limitedAddress, type Quota, RateLimit, rateLimitHeaders } from "./rate-limit.js";
import { isFromThisMachine } from "./this-machine.js";
import { basicPassword, bearerToken, type Token, Tokens } from "./tokens.js";

/** The client of a request. */
export interface Visitor {
  readonly token: Token | undefined;
  /** Whether the request came from this machine to the operators listener. */
  readonly isLocal: boolean;
  /** Why the request is refused without further processing. */
  readonly problem: ProblemCode | undefined;
}

/** `public`: http.port, possibly behind a reverse proxy; `operators`: http.operators_port, on loopback only. */
export type Listener = "public" | "operators";

/** Authentication and rate limit. */
export class Access {
  readonly #listener: Listener;
  readonly #tokens: Tokens;
  readonly #perAddress: RateLimit;
  readonly #perToken: RateLimit;
  readonly #visitors = new WeakMap<FastifyRequest, Visitor>();

  constructor(config: Pick<HttpConfig, "tokens" | "rateLimit">, listener: Listener, clock: Clock) {
    this.#listener = listener;
    const { windowMs, perAddress, perToken } = config.rateLimit;
    this.#tokens = new Tokens(config.tokens);
    this.#perAddress = new RateLimit({ name: "address", windowMs, quota: perAddress }, clock);
    this.#perToken = new RateLimit({ name: "token", windowMs, quota: perToken }, clock);
  }

  /** Authenticates the request and counts it. A wrong token counts against the address. */
  admit(request: FastifyRequest, reply: FastifyReply): Visitor {
    const { authorization } = request.headers;
    const token =
      authorization === undefined
        ? undefined
        : this.#tokens.find(bearerToken(authorization) || (takesBasic(request) ? basicPassword(authorization) : ""));
    const quota: Quota =
      token === undefined ? this.#perAddress.take(limitedAddress(request.ip)) : this.#perToken.take(token.name);
    reply.headers(rateLimitHeaders(quota));
    const isUnknown = authorization !== undefined && token === undefined;
    const problem = !quota.isWithin ? "too-many-requests" : isUnknown ? "token-unknown" : undefined;
    const visitor = { token, problem, isLocal: this.isLocal(request) } as const;
    this.#visitors.set(request, visitor);
    return visitor;
  }

  /** Whether routes with `local` access need no token. */
  isLocal(request: FastifyRequest): boolean {
    return this.#listener === "operators" && isFromThisMachine(request);
  }

  visitor(request: FastifyRequest): Visitor {
    return this.#visitors.get(request) ?? { token: undefined, problem: undefined, isLocal: false };
  }
}

/** A browser adds Basic passwords to cross-site requests too (CSRF), so only read-only routes accept them. */
function takesBasic(request: FastifyRequest): boolean {
  return request.routeOptions.config.isForOperators === true;
}
