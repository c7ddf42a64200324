import type { Problem } from "../http/api-schemas.js";

/** Why a request failed. */
export type ClientFailure =
  /** einwahl returned a problem; `problem.code` is its stable name. */
  | { readonly kind: "problem"; readonly problem: Problem; readonly retryAfterSeconds: number | undefined }
  /** No connection to einwahl, or a timeout. */
  | { readonly kind: "unreachable"; readonly message: string }
  /** The response is not from einwahl, or from an incompatible version. */
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
