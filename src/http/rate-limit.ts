import { isIP } from "node:net";
import type { Clock } from "../clock.js";

export interface RateLimitPolicy {
  readonly name: string;
  readonly windowMs: number;
  readonly quota: number;
}

/** How one request came out. */
export interface Quota {
  readonly policy: RateLimitPolicy;
  readonly isWithin: boolean;
  readonly remaining: number;
  readonly resetsInSeconds: number;
}

interface Window {
  count: number;
  readonly endsAt: number;
}

/** Somebody with a million addresses costs no more memory than this many windows. */
const mostWindows = 20_000;

/** Counts requests in windows that begin with the first of them. */
export class RateLimit {
  readonly policy: RateLimitPolicy;
  readonly #clock: Clock;
  /** In the order in which they end, as all are of the same length. */
  readonly #windows = new Map<string, Window>();

  constructor(policy: RateLimitPolicy, clock: Clock) {
    this.policy = policy;
    this.#clock = clock;
  }

  get size(): number {
    return this.#windows.size;
  }

  take(who: string): Quota {
    const now = this.#clock.now();
    this.#forget(now);
    let window = this.#windows.get(who);
    if (window === undefined) {
      window = { count: 0, endsAt: now + this.policy.windowMs };
      this.#windows.set(who, window);
    }
    window.count += 1;
    return {
      policy: this.policy,
      isWithin: window.count <= this.policy.quota,
      remaining: Math.max(0, this.policy.quota - window.count),
      resetsInSeconds: Math.max(1, Math.ceil((window.endsAt - now) / 1_000)),
    };
  }

  #forget(now: number): void {
    for (const [who, { endsAt }] of this.#windows) {
      if (endsAt > now && this.#windows.size < mostWindows) return;
      this.#windows.delete(who);
    }
  }
}

/** The headers of draft-ietf-httpapi-ratelimit-headers. */
export function rateLimitHeaders(quota: Quota): Readonly<Record<string, string>> {
  const { policy, remaining, resetsInSeconds, isWithin } = quota;
  return {
    "RateLimit-Policy": `"${policy.name}";q=${policy.quota};w=${Math.ceil(policy.windowMs / 1_000)}`,
    RateLimit: `"${policy.name}";r=${remaining};t=${resetsInSeconds}`,
    ...(!isWithin && { "Retry-After": String(resetsInSeconds) }),
  };
}

/** One customer has a whole /64 of IPv6, so that is one address. */
export function limitedAddress(address: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const whole = tail === undefined ? groups : [...groups, ...Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => "0"), ...rest];
  return `${whole.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
