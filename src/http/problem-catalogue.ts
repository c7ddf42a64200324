/** All problems of the API under stable names. The OpenAPI document lists them. */
export const problems = {
  "invalid-request": {
    status: 400,
    title: "The request is not valid for this route",
    advice: "See `errors` for the location and the reason of each fault.",
  },
  "malformed-json": {
    status: 400,
    title: "The body is not valid JSON",
    advice: "Send UTF-8 JSON with an object at the top level.",
  },
  "malformed-url": {
    status: 400,
    title: "The URL is not well-formed",
    advice: "Percent-encode the UTF-8 bytes, as encodeURIComponent does.",
  },
  "malformed-http": {
    status: 400,
    title: "The request is not valid HTTP",
    advice: "Use HTTP/1.1 without TLS; the reverse proxy terminates TLS.",
  },
  "token-missing": {
    status: 401,
    title: "A token is required",
    advice:
      "Send `Authorization: Bearer <token>` with a token of the configuration's http.tokens. On einwahl's own machine http.operators_port gives /status and /metrics without one.",
  },
  "token-unknown": {
    status: 401,
    title: "The token is unknown",
    advice: "Check it against http.tokens in the configuration, which contains the SHA-256 of each token.",
  },
  "scope-missing": {
    status: 403,
    title: "The token lacks the required scope",
    advice: "Add the scope listed for this route in the API document.",
  },
  "not-found": {
    status: 404,
    title: "The resource does not exist",
    advice: "See /api/v1/openapi.json for the available routes.",
  },
  "room-not-found": {
    status: 404,
    title: "The room has no PIN",
    advice: "Reserve one with PUT /api/v1/rooms/{meetingID}.",
  },
  "method-not-allowed": { status: 405, title: "The method is not allowed here", advice: "See the Allow header." },
  "too-slow": {
    status: 408,
    title: "The request timed out",
    advice: "Send the complete request within ten seconds.",
  },
  "body-too-large": {
    status: 413,
    title: "The body is too large",
    advice: "The limit is 16 MiB for an import and 16 KiB otherwise; split large imports.",
  },
  "url-too-long": { status: 414, title: "The URL is too long", advice: "The limit for a meetingID is 256 characters." },
  "unsupported-media-type": {
    status: 415,
    title: "The content type of the body is not supported",
    advice: "Send application/json, or application/jsonl for an import.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many requests",
    advice: "Retry after the number of seconds in Retry-After.",
  },
  "headers-too-large": {
    status: 431,
    title: "The headers are too large",
    advice: "The limit for all headers together is 16 KiB.",
  },
  "webhook-not-authentic": {
    status: 401,
    title: "The checksum of the webhook is invalid",
    advice:
      "The callback URL in bbb-webhooks must be http.public_url with /bbb-webhooks/<name>, and its shared secret that of the server's API.",
  },
  "webhook-not-understood": {
    status: 400,
    title: "The request is not a BigBlueButton webhook",
    advice: "Send a form with `event`, a JSON array.",
  },
  "internal-error": {
    status: 500,
    title: "Internal error in einwahl",
    advice: "The operator's log has the details. A retry may help.",
  },
  "store-unavailable": {
    status: 503,
    title: "The PIN store is unavailable",
    advice: "The request may or may not have taken effect. Retry: the same request returns the same PIN.",
  },
  "pins-exhausted": {
    status: 503,
    title: "No PIN of this length is left",
    advice: "Ask the operator to raise rooms.pin_length, or release rooms.",
  },
} as const satisfies Record<string, { readonly status: number; readonly title: string; readonly advice: string }>;

export type ProblemCode = keyof typeof problems;

export const problemCodes = Object.keys(problems) as readonly ProblemCode[];

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(problems, text);
}
