import type { ProblemCode } from "./problem-catalogue.js";

/** The problem for an error of Fastify that the request caused; `undefined` for all other errors. */
export function fastifyProblem(error: unknown): ProblemCode | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return "body-too-large";
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return "unsupported-media-type";
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
      return "malformed-json";
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return "malformed-http";
    case "FST_ERR_BAD_URL":
      return "malformed-url";
    case "FST_ERR_MAX_PARAM_LENGTH":
      return "url-too-long";
    // The client closed the connection while sending the body; the response is never read.
    case "ECONNRESET":
      return "malformed-http";
    default:
      return undefined;
  }
}
