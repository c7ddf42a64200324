import type { FastifyReply, FastifyRequest } from "fastify";

import type { HttpConfig } from "../config/web-config.js";
import type { Clock } from "../util/clock.js";
import type { ProblemCode } from "./problem-catalogue.js";
import { limitedAddress, type Quota, RateLimit, rateLimitHeaders } from "./rate-limit.js";
import { isFromThisMachine } from "./this-machine.js";
import { basicPassword, bearerToken, type Token, Tokens } from "./tokens.js";

/** Who asks, once that is known. */
export interface Visitor {
  readonly token: Token | undefined;
  /** Whether a program of this machine asks, on the listener for operators. */
  readonly isLocal: boolean;
  /** Why nothing else is looked at. */
  readonly problem: ProblemCode | undefined;
}

/** `public`: http.port, which a reverse proxy may stand before; `operators`: http.operators_port, on loopback only. */
export type Listener = "public" | "operators";

/** Who may ask, and how often. */
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

  /** Counts the request and finds out whose it is. A wrong token counts against the address. */
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

  /** Whether no token is needed for what `local` lets this machine see. */
  isLocal(request: FastifyRequest): boolean {
    return this.#listener === "operators" && isFromThisMachine(request);
  }

  visitor(request: FastifyRequest): Visitor {
    return this.#visitors.get(request) ?? { token: undefined, problem: undefined, isLocal: false };
  }
}

/** A browser sends passwords with whatever another site's page makes it ask: so only routes that change nothing take them. */
function takesBasic(request: FastifyRequest): boolean {
  return request.routeOptions.config.isForOperators === true;
}
