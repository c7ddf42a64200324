/** All problems of the API under stable names. The OpenAPI document lists them. */
export const problems = {
  "invalid-request": {
    status: 400,
    title: "The request is not what this route takes",
    advice: "See `errors` for each place and what is wrong there.",
  },
  "malformed-json": { status: 400, title: "The body is no JSON", advice: "Send UTF-8 JSON, an object at the top." },
  "malformed-url": {
    status: 400,
    title: "The URL is not well-formed",
    advice: "Percent-encode the bytes of UTF-8, as encodeURIComponent does.",
  },
  "malformed-http": {
    status: 400,
    title: "That is no HTTP request",
    advice: "Speak HTTP/1.1; TLS is up to the reverse proxy.",
  },
  "token-missing": {
    status: 401,
    title: "This needs a token",
    advice:
      "Send `Authorization: Bearer <token>` with a token of the configuration's http.tokens. On einwahl's own machine http.operators_port gives /status and /metrics without one.",
  },
  "token-unknown": {
    status: 401,
    title: "The token is not known",
    advice: "Check it against the configuration's http.tokens, which hold the SHA-256 of each.",
  },
  "scope-missing": {
    status: 403,
    title: "The token may not do this",
    advice: "Add the scope that the API's document names for this route.",
  },
  "not-found": { status: 404, title: "There is nothing here", advice: "See /api/v1/openapi.json for what there is." },
  "room-not-found": {
    status: 404,
    title: "The room has no PIN",
    advice: "Reserve one with PUT /api/v1/rooms/{meetingID}.",
  },
  "method-not-allowed": { status: 405, title: "This can't be done here", advice: "See the header Allow." },
  "too-slow": {
    status: 408,
    title: "The request did not come in time",
    advice: "Send it in one go, within ten seconds.",
  },
  "body-too-large": {
    status: 413,
    title: "The body is too large",
    advice: "An import may have 16 MiB, everything else 16 KiB; import in parts.",
  },
  "url-too-long": { status: 414, title: "The URL is too long", advice: "A meetingID has at most 256 characters." },
  "unsupported-media-type": {
    status: 415,
    title: "The body's type is not known here",
    advice: "Send application/json; an import is application/jsonl.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many requests",
    advice: "Wait for as many seconds as Retry-After says.",
  },
  "headers-too-large": {
    status: 431,
    title: "The headers are too large",
    advice: "All headers together may have 16 KiB.",
  },
  "webhook-not-authentic": {
    status: 401,
    title: "The webhook's checksum is not right",
    advice:
      "The callback URL at bbb-webhooks has to be http.public_url with /bbb-webhooks/<name>, and its shared secret that of the server's API.",
  },
  "webhook-not-understood": {
    status: 400,
    title: "That is no webhook of BigBlueButton",
    advice: "A form with `event`, a JSON array, is expected.",
  },
  "internal-error": {
    status: 500,
    title: "This is a bug in einwahl",
    advice: "The operator's log tells more. Trying again may help.",
  },
  "store-unavailable": {
    status: 503,
    title: "The store of PINs does not answer",
    advice: "Nothing may have happened. Try again: the same request gives the same PIN.",
  },
  "pins-exhausted": {
    status: 503,
    title: "Too many PINs of this length are in use",
    advice: "Let the operator raise rooms.pin_length, or release rooms.",
  },
} as const satisfies Record<string, { readonly status: number; readonly title: string; readonly advice: string }>;

export type ProblemCode = keyof typeof problems;

export const problemCodes = Object.keys(problems) as readonly ProblemCode[];

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(problems, text);
}
