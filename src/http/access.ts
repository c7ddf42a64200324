import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../clock.js";
import type { HttpConfig } from "../config/web-config.js";
import type { ProblemCode } from "./problem-catalogue.js";
import { type Quota, RateLimit, limitedAddress, rateLimitHeaders } from "./rate-limit.js";
import { type Token, Tokens, bearerToken } from "./tokens.js";

/** Who asks, once that is known. */
export interface Visitor {
  readonly token: Token | undefined;
  /** Why nothing else is looked at. */
  readonly problem: ProblemCode | undefined;
}

/** Who may ask, and how often. */
export class Access {
  readonly #tokens: Tokens;
  readonly #perAddress: RateLimit;
  readonly #perToken: RateLimit;
  readonly #visitors = new WeakMap<FastifyRequest, Visitor>();

  constructor(config: Pick<HttpConfig, "tokens" | "rateLimit">, clock: Clock) {
    const { windowMs, perAddress, perToken } = config.rateLimit;
    this.#tokens = new Tokens(config.tokens);
    this.#perAddress = new RateLimit({ name: "address", windowMs, quota: perAddress }, clock);
    this.#perToken = new RateLimit({ name: "token", windowMs, quota: perToken }, clock);
  }

  /** Counts the request and finds out whose it is. A wrong token counts against the address, so it can't be guessed. */
  admit(request: FastifyRequest, reply: FastifyReply): Visitor {
    const { authorization } = request.headers;
    const token = authorization === undefined ? undefined : this.#tokens.find(bearerToken(authorization));
    const quota: Quota = token === undefined ? this.#perAddress.take(limitedAddress(request.ip)) : this.#perToken.take(token.name);
    reply.headers(rateLimitHeaders(quota));
    const isUnknown = authorization !== undefined && token === undefined;
    const problem = !quota.isWithin ? "too-many-requests" : isUnknown ? "token-unknown" : undefined;
    const visitor = { token, problem } as const;
    this.#visitors.set(request, visitor);
    return visitor;
  }

  visitor(request: FastifyRequest): Visitor {
    return this.#visitors.get(request) ?? { token: undefined, problem: undefined };
  }
}
