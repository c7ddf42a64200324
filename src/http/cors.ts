/** CORS (Fetch Standard, section 3.3): pages of the configured origins may read public routes, and nothing else. */
export class CrossOrigin {
  readonly #origins: ReadonlySet<string>;

  /** @param origins such as `https://meet.example.org`; `*` allows all */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  /** Response headers for a request with this `Origin`, "" if the request has none. */
  headers(origin: string): Readonly<Record<string, string>> {
    if (this.#origins.size === 0) return {};
    const exposed = { "Access-Control-Expose-Headers": "ETag, RateLimit, RateLimit-Policy, Retry-After" };
    if (this.#origins.has("*")) return { "Access-Control-Allow-Origin": "*", ...exposed };
    // A cache must not reuse a response for another origin.
    if (!this.#origins.has(origin)) return { Vary: "Origin" };
    return { "Access-Control-Allow-Origin": origin, Vary: "Origin", ...exposed };
  }

  /** Headers for the response to a preflight request. */
  preflightHeaders(origin: string): Readonly<Record<string, string>> {
    const headers = this.headers(origin);
    if (headers["Access-Control-Allow-Origin"] === undefined) return headers;
    return {
      ...headers,
      "Access-Control-Allow-Methods": "GET, HEAD",
      "Access-Control-Allow-Headers": "Accept-Language, If-None-Match",
      "Access-Control-Max-Age": "86400",
    };
  }
}
