/** What pages of other origins may do: read what is public, and nothing else (Fetch Standard, section 3.3). */
export class CrossOrigin {
  readonly #origins: ReadonlySet<string>;

  /** @param origins such as `https://meet.example.org`; `*` is everybody's */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  /** Headers for an answer to a page of that origin, "" when the request names none. */
  headers(origin: string): Readonly<Record<string, string>> {
    if (this.#origins.size === 0) return {};
    const exposed = { "Access-Control-Expose-Headers": "ETag, RateLimit, RateLimit-Policy, Retry-After" };
    if (this.#origins.has("*")) return { "Access-Control-Allow-Origin": "*", ...exposed };
    // A cache must not give one origin's answer to another one.
    if (!this.#origins.has(origin)) return { Vary: "Origin" };
    return { "Access-Control-Allow-Origin": origin, Vary: "Origin", ...exposed };
  }

  /** Headers for the question that a browser asks before. */
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
