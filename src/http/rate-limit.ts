import { isIP } from "node:net";

import type { Clock } from "../util/clock.js";

export interface RateLimitPolicy {
  readonly name: string;
  readonly windowMs: number;
  readonly quota: number;
}

/** The state of a quota after one request. */
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

/** Limit of windows within their quota, and again of exceeded ones: bounds the memory under a flood of addresses. */
const maxWindows = 20_000;
/** Evictions at once when a map is full, and milliseconds between sweeps of expired windows: too costly for each request. */
const forgottenAtOnce = 1_000;
const sweepEveryMs = 1_000;

/**
 * Counts requests in fixed windows; a window starts with the first request of its key. Under a flood of addresses only windows
 * within their quota are evicted early: an address that exceeded its quota stays refused.
 */
export class RateLimit {
  readonly policy: RateLimitPolicy;
  readonly #clock: Clock;
  /** In order of expiry, because all windows have the same length. */
  readonly #within = new Windows();
  /** In the order in which they exceeded the quota. */
  readonly #beyond = new Windows();

  constructor(policy: RateLimitPolicy, clock: Clock) {
    this.policy = policy;
    this.#clock = clock;
  }

  get size(): number {
    return this.#within.size + this.#beyond.size;
  }

  take(who: string): Quota {
    const now = this.#clock.now();
    const window = this.#windowOf(who, now);
    window.count += 1;
    const isWithin = window.count <= this.policy.quota;
    if (!isWithin && this.#within.delete(who)) {
      this.#beyond.add(who, window, now);
    }
    return {
      policy: this.policy,
      isWithin,
      remaining: Math.max(0, this.policy.quota - window.count),
      resetsInSeconds: Math.max(1, Math.ceil((window.endsAt - now) / 1_000)),
    };
  }

  #windowOf(who: string, now: number): Window {
    const known = this.#beyond.get(who) ?? this.#within.get(who);
    if (known !== undefined && known.endsAt > now) return known;
    this.#beyond.delete(who);
    this.#within.delete(who);
    const window = { count: 0, endsAt: now + this.policy.windowMs };
    this.#within.add(who, window, now);
    return window;
  }
}

/** A bounded map in insertion order. */
class Windows extends Map<string, Window> {
  #sweptAt = Number.NEGATIVE_INFINITY;

  add(who: string, window: Window, now: number): void {
    const isFull = this.size >= maxWindows;
    if (isFull || now - this.#sweptAt >= sweepEveryMs)
      this.#forget(now, isFull ? maxWindows - forgottenAtOnce : maxWindows);
    this.set(who, window);
  }

  /** Deletes expired windows, and the oldest ones beyond the limit. */
  #forget(now: number, most: number): void {
    this.#sweptAt = now;
    for (const [who, { endsAt }] of this) {
      if (endsAt > now && this.size <= most) return;
      this.delete(who);
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

/** The key of an address: an IPv6 /48, since one customer may have a whole /48 (RFC 6177). Drops a port that a proxy appended. */
export function limitedAddress(text: string): string {
  const address = unmapped(withoutPort(text));
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const whole =
    tail === undefined
      ? groups
      : [...groups, ...Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => "0"), ...rest];
  return `${whole
    .slice(0, 3)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/48`;
}

/** The IPv4 address of an IPv4-mapped IPv6 address (dual-stack sockets report those); others unchanged. */
export function unmapped(address: string): string {
  return /^::ffff:([0-9.]+)$/i.exec(address)?.[1] ?? address;
}

/** `203.0.113.5:4711`, `[2001:db8::1]:443` and `[2001:db8::1]` without port and brackets; other text unchanged. */
export function withoutPort(text: string): string {
  return (
    /^([0-9.]+):[0-9]{1,5}$/.exec(text)?.[1] ?? /^\[([0-9a-fA-F:.%\w-]+)\](?::[0-9]{1,5})?$/.exec(text)?.[1] ?? text
  );
}
