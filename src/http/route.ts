import type { Readable } from "node:stream";

import type { z } from "zod";

import type { Scope } from "../config/scopes.js";
import type { ProblemCode } from "./problem-catalogue.js";
import type { Token } from "./tokens.js";

/** One kind of answer, as the document describes it. */
export interface AnswerSpec {
  readonly description: string;
  /** Everything that is sent passes through it, so that nothing gets out that is not in the document. */
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
  /** `Accept`, `Accept-Language` and `If-None-Match`, "" when there are none. */
  readonly accept: string;
  readonly acceptLanguage: string;
  readonly ifNoneMatch: string;
}

/** What a handler comes to. */
export type Answer =
  /** A value for the schema of that answer. */
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** What has passed the schema before; as text it goes out in one piece with the headers; `type` when there are several for this answer. */
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
  /** Default true. The page for people is no part of the API. */
  readonly isDocumented?: boolean;
  readonly description?: string;
  /** Who may: everybody, from the pages of everybody whom CORS lets in, or tokens with this scope. */
  readonly access: "public" | Scope;
  /**
   * A route for operators: it takes the token as the password of HTTP Basic, too, so that a browser asks for it. `local`:
   * programs of this machine need none on the listener for operators.
   */
  readonly forOperators?: "token" | "local";
  readonly params?: Params;
  readonly query?: Query;
  /** Without one, a body is refused by its type. */
  readonly body?: {
    readonly schema: Body;
    readonly type?: string;
    readonly isRequired: boolean;
    readonly maxBytes?: number;
  };
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** Beside those that every route has. */
  readonly problems: readonly ProblemCode[];
  readonly handle: (
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Answer | Promise<Answer>;
}

/** A route whose kinds of values are known to itself only: its handler gets what its schemas made. */
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
