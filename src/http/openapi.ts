import { z } from "zod";

import { problem } from "./api-schemas.js";
import { problemType } from "./problem.js";
import { type ProblemCode, problems } from "./problem-catalogue.js";
import type { AnswerSpec, Route } from "./route.js";

type Json = Readonly<Record<string, unknown>>;

/** Problems that every route can return. */
const everywhere: readonly ProblemCode[] = [
  "malformed-url",
  "malformed-http",
  "url-too-long",
  "too-many-requests",
  "token-unknown",
  "method-not-allowed",
  "too-slow",
  "headers-too-large",
  "internal-error",
];

/** The problems of a route: its own, and those that its access and its inputs imply. */
export function problemsOf(route: Route): readonly ProblemCode[] {
  const takes: ProblemCode[] = [];
  if (route.access !== "public") takes.push("token-missing", "scope-missing");
  if (route.params !== undefined || route.query !== undefined || route.body !== undefined)
    takes.push("invalid-request");
  if (route.body !== undefined)
    takes.push(
      "body-too-large",
      "unsupported-media-type",
      ...(route.body.type === undefined ? (["malformed-json"] as const) : []),
    );
  return [...new Set([...route.problems, ...takes, ...everywhere])];
}

/**
 * The API as an OpenAPI 3.1 document, made from the schemas that validate requests and responses.
 *
 * @param base how this server is reached, without a slash at the end
 */
export function openApiDocument(routes: readonly Route[], base: string, version: string): Json {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes.filter(({ isDocumented }) => isDocumented !== false)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, schemas) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "einwahl",
      version,
      summary: "Numbers, permanent PINs and texts to show, for front ends of BigBlueButton",
      license: { name: "MIT", identifier: "MIT" },
    },
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    servers: [{ url: base }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "A token from http.tokens of the configuration; each route lists the scopes that it requires.",
        },
      },
    },
  };
}

function operation(route: Route, schemas: Record<string, unknown>): Json {
  const parameters = [...parametersIn("path", route.params, schemas), ...parametersIn("query", route.query, schemas)];
  const answers = Object.entries(route.answers).map(([status, answer]) => [status, response(answer, schemas)] as const);
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    security: route.access === "public" ? [] : [{ token: [route.access] }],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== undefined && {
      requestBody: {
        required: route.body.isRequired,
        content: { [route.body.type ?? "application/json"]: { schema: schemaOf(route.body.schema, "input", schemas) } },
      },
    }),
    responses: { ...Object.fromEntries(answers), ...problemResponses(problemsOf(route), schemas) },
  };
}

function response({ description, schema, type, headers }: AnswerSpec, schemas: Record<string, unknown>): Json {
  const named = Object.entries(headers ?? {}).map(
    ([name, text]) => [name, { description: text, schema: { type: "string" } }] as const,
  );
  return {
    description,
    ...(named.length > 0 && { headers: Object.fromEntries(named) }),
    ...(schema !== undefined && {
      content: { [type ?? "application/json"]: { schema: schemaOf(schema, "output", schemas) } },
    }),
  };
}

function problemResponses(codes: readonly ProblemCode[], schemas: Record<string, unknown>): Json {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) byStatus.set(problems[code].status, [...(byStatus.get(problems[code].status) ?? []), code]);
  const schema = schemaOf(problem, "output", schemas);
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      String(status),
      {
        description: of.map((code) => `${code}: ${problems[code].title}.`).join(" "),
        content: { [problemType]: { schema } },
      },
    ]),
  );
}

function parametersIn(
  place: "path" | "query",
  schema: z.ZodType | undefined,
  schemas: Record<string, unknown>,
): readonly Json[] {
  if (schema === undefined) return [];
  const whole = schemaOf(schema, "input", schemas);
  const properties = isJson(whole["properties"]) ? whole["properties"] : {};
  const required = Array.isArray(whole["required"]) ? (whole["required"] as readonly unknown[]) : [];
  return Object.entries(properties).map(([name, each]) => {
    const { description, ...rest } = isJson(each) ? each : {};
    return {
      name,
      in: place,
      required: place === "path" || required.includes(name),
      ...(typeof description === "string" && { description }),
      schema: rest,
    };
  });
}

/** A schema as JSON Schema 2020-12; schemas with an id become references. */
function schemaOf(schema: z.ZodType, io: "input" | "output", schemas: Record<string, unknown>): Json {
  const made: unknown = z.toJSONSchema(schema, { target: "draft-2020-12", io, unrepresentable: "any" });
  const whole = isJson(made) ? made : {};
  const definitions = isJson(whole["$defs"]) ? whole["$defs"] : {};
  for (const [name, definition] of Object.entries(definitions)) schemas[name] = referring(without(definition, ["id"]));
  const own = referring(without(whole, ["$schema", "$defs", "id"]));
  const { id } = whole;
  if (typeof id !== "string") return isJson(own) ? own : {};
  schemas[id] = own;
  return { $ref: `#/components/schemas/${id}` };
}

function without(schema: unknown, keys: readonly string[]): unknown {
  return isJson(schema) ? Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key))) : schema;
}

/** zod puts named schemas under $defs, OpenAPI under components. */
function referring(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(referring);
  if (!isJson(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === "$ref" && typeof inner === "string"
        ? inner.replace("#/$defs/", "#/components/schemas/")
        : referring(inner),
    ]),
  );
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
