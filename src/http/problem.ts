import type { Problem } from "./api-schemas.js";
import { apiBase } from "./api-schemas.js";
import { type ProblemCode, problems } from "./problem-catalogue.js";
import type { PlacedError } from "./route.js";

export const problemType = "application/problem+json";

/**
 * Problem details (RFC 9457): the catalogue entry and, for an invalid request, where the faults are. Contains no text of the
 * request, because responses end up in logs.
 *
 * @param base the public URL of this server, without a trailing slash
 */
export function problemDetails(code: ProblemCode, base: string, errors: readonly PlacedError[] = []): Problem {
  const { status, title, advice } = problems[code];
  return {
    type: `${base}${apiBase}/problems/${code}`,
    title,
    status,
    code,
    detail: advice,
    ...(errors.length > 0 && {
      errors: errors.slice(0, 20).map(({ at, message }) => ({ at: at.slice(0, 100), message: message.slice(0, 300) })),
    }),
  };
}
