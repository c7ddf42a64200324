import type { Problem } from "../http/api-schemas.js";

/** Why there is no answer. */
export type ClientFailure =
  /** einwahl says what is wrong; `problem.code` is the name of it. */
  | { readonly kind: "problem"; readonly problem: Problem; readonly retryAfterSeconds: number | undefined }
  /** einwahl was not reached, or not in time. */
  | { readonly kind: "unreachable"; readonly message: string }
  /** What answered is no einwahl, or one of another version. */
  | { readonly kind: "unexpected"; readonly status: number; readonly message: string };

/** One line for a log. */
export function describeFailure(failure: ClientFailure): string {
  switch (failure.kind) {
    case "problem":
      return `${failure.problem.code}: ${failure.problem.title}`;
    case "unreachable":
      return `einwahl can't be reached: ${failure.message}`;
    case "unexpected":
      return `status ${failure.status}: ${failure.message}`;
  }
}
