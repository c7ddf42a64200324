import { z } from "zod";

import { apiBase, problem } from "../api-schemas.js";
import { openApiDocument } from "../openapi.js";
import { isProblemCode, problemCodes, problems } from "../problem-catalogue.js";
import { type Route, route } from "../route.js";
import type { ApiServices } from "../services.js";

const meaning = z
  .object({ code: problem.shape.code, status: z.int(), title: z.string(), advice: z.string() })
  .meta({ id: "ProblemMeaning" });

/**
 * The routes that describe the API: the OpenAPI document and the problem catalogue.
 *
 * @param routesOf all routes; called after they are added
 */
export function documentRoutes({ base, version }: ApiServices, routesOf: () => readonly Route[]): readonly Route[] {
  let document: string | undefined;
  const explain = (code: keyof typeof problems): unknown => {
    const { status, title, advice } = problems[code];
    return { code, status, title, advice };
  };
  return [
    route({
      method: "GET",
      path: `${apiBase}/openapi.json`,
      id: "getOpenApiDocument",
      summary: "This document",
      access: "public",
      answers: {
        200: {
          description: "OpenAPI 3.1.",
          schema: z.looseObject({ openapi: z.string() }).meta({ id: "OpenApiDocument" }),
        },
      },
      problems: [],
      handle: () => {
        document ??= JSON.stringify(openApiDocument(routesOf(), base(), version));
        return { status: 200, text: document, headers: { "Cache-Control": "public, max-age=300" } };
      },
    }),
    route({
      method: "GET",
      path: `${apiBase}/problems`,
      id: "listProblems",
      summary: "All problems, and how to resolve them",
      access: "public",
      answers: { 200: { description: "The catalogue.", schema: z.array(meaning) } },
      problems: [],
      handle: () => ({ status: 200, body: problemCodes.map(explain) }),
    }),
    route({
      method: "GET",
      path: `${apiBase}/problems/{code}`,
      id: "getProblem",
      summary: "The description of a problem type",
      access: "public",
      params: z.strictObject({ code: z.string().max(100) }),
      answers: { 200: { description: "Its meaning.", schema: meaning } },
      problems: ["not-found"],
      handle: ({ params }) =>
        isProblemCode(params.code) ? { status: 200, body: explain(params.code) } : { problem: "not-found" },
    }),
  ];
}
