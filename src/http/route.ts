import type { Readable } from "node:stream";

import type { z } from "zod";

import type { Scope } from "../config/config.js";
import type { ProblemCode } from "./problem-catalogue.js";
import type { Token } from "./tokens.js";

/** A response as the OpenAPI document describes it. */
export interface AnswerSpec {
  readonly description: string;
  /** Every body is parsed with it before it is sent: undocumented fields never leave the server. */
  readonly schema?: z.ZodType;
  /** Default `application/json`. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouteRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly token: Token | undefined;
  /** `Accept`, `Accept-Language` and `If-None-Match`, "" if absent. */
  readonly accept: string;
  readonly acceptLanguage: string;
  readonly ifNoneMatch: string;
}

/** The result of a handler. */
export type Answer =
  /** A value that the schema of this status serialises. */
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** A serialised body. A string is sent in one write with the headers. `type` selects one of several media types. */
  | {
      readonly status: number;
      readonly text: string | Readable;
      readonly type?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | {
      readonly problem: ProblemCode;
      readonly errors?: readonly PlacedError[];
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface PlacedError {
  readonly at: string;
  readonly message: string;
}

export interface RouteSpec<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  /** Default true; false for the page for people, which is outside the API. */
  readonly isDocumented?: boolean;
  readonly description?: string;
  /** `public` (also for pages of the CORS origins), or tokens with this scope. */
  readonly access: "public" | Scope;
  /**
   * A route for operators: also takes the token as the password of HTTP Basic, so that a browser prompts for it. `local`:
   * programs on this machine need no token on the operators listener.
   */
  readonly forOperators?: "token" | "local";
  readonly params?: Params;
  readonly query?: Query;
  /** If absent, a request with a body is refused with 415. */
  readonly body?: {
    readonly schema: Body;
    readonly type?: string;
    readonly isRequired: boolean;
    readonly maxBytes?: number;
  };
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** In addition to those of every route. */
  readonly problems: readonly ProblemCode[];
  readonly handle: (
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Answer | Promise<Answer>;
}

/** A route with its types erased: the handler gets what the schemas of the route parsed. */
export interface Route extends Omit<RouteSpec<z.ZodType, z.ZodType, z.ZodType>, "handle"> {
  readonly handle: (request: RouteRequest<unknown, unknown, unknown>) => Answer | Promise<Answer>;
}

export function route<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
  spec: RouteSpec<Params, Query, Body>,
): Route {
  return {
    ...spec,
    handle: (request) => spec.handle(request as RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>),
  };
}
