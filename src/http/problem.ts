import type { Problem } from "./api-schemas.js";
import { apiBase } from "./api-schemas.js";
import { type ProblemCode, problems } from "./problem-catalogue.js";
import type { PlacedError } from "./route.js";

export const problemType = "application/problem+json";

/**
 * RFC 9457. Made of the catalogue and, for a request that is not understood, of the places; nothing of what was sent
 * is in it, since answers end up in logs too.
 *
 * @param base how this server is reached, without a slash at the end
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
