import { type Result, success } from "../util/result.js";
import { type RedisConnection, RedisScript } from "./redis-connection.js";

/** An instance as the other ones see it. */
export interface InstanceName {
  /** Random id of the process. */
  readonly id: string;
  /** The configured name. */
  readonly name: string;
}

/**
 * `undecided`: Redis has not answered since the start. `token` grows with each new holder; `undefined` without Redis.
 */
export type LeaseState =
  | { readonly kind: "undecided" }
  | { readonly kind: "free" }
  | { readonly kind: "held"; readonly token: number | undefined }
  | { readonly kind: "elsewhere"; readonly holder: InstanceName };

/** A task that one of several instances has at a time. */
export interface Lease {
  readonly state: LeaseState;
  /** @returns a function that removes the listener */
  onChange(listener: () => void): () => void;
}

/** `take`: take it if it is free. `keep`: keep it, but do not take it. `yield`: leave it to others. */
export type LeaseWish = "take" | "keep" | "yield";

/** Lifetime in Redis in milliseconds; the holder renews it every second. */
export const leaseMs = 8_000;
const maxListeners = 100;

/**
 * Keys: the lease ("token id name"), the last token. Arguments: id, name, wish, lifetime, and whether the lease of an
 * earlier process of the same name passes over.
 */
const stepScript = new RedisScript(`
local id, name, wish, ttl, inherits = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local value = redis.call('GET', KEYS[1])
local function take()
  value = string.format('%d %s %s', redis.call('INCR', KEYS[2]), id, name)
  redis.call('SET', KEYS[1], value, 'PX', ttl)
end
local holder, holderName = nil, nil
if value then holder, holderName = string.match(value, '^%d+ (%S+) (%S+)$') end
if holder == id then
  if wish == 'yield' then
    redis.call('DEL', KEYS[1])
    value = nil
  else
    redis.call('PEXPIRE', KEYS[1], ttl)
  end
elseif wish == 'take' and (not value or (inherits == 'inherits' and holderName == name)) then
  take()
end
return {value or '', redis.call('PTTL', KEYS[1])}
`);

/** Listeners and the current state of a lease. */
export class LeaseBoard implements Lease {
  #state: LeaseState;
  readonly #listeners = new Set<() => void>();

  constructor(state: LeaseState) {
    this.#state = state;
  }

  get state(): LeaseState {
    return this.#state;
  }

  onChange(listener: () => void): () => void {
    if (this.#listeners.size >= maxListeners) throw new Error("a listener of a lease leaks");
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  enter(state: LeaseState): void {
    const before = this.#state;
    this.#state = state;
    if (!isSame(before, state)) for (const listener of [...this.#listeners]) listener();
  }
}

/** A lease in Redis. While Redis is unavailable the holder keeps it: others can only take it through Redis. */
export class RedisLease {
  readonly #redis: RedisConnection;
  readonly #keys: readonly string[];
  readonly #self: InstanceName;
  #hasAnswered = false;

  /** @param name of the task, the same on all instances; @param prefix of all keys */
  constructor(redis: RedisConnection, prefix: string, name: string, self: InstanceName) {
    this.#redis = redis;
    this.#keys = ["lease", "lease-token"].map((kind) => `{${prefix}}:${kind}:${name}`);
    this.#self = self;
  }

  /** Takes, renews or releases the lease. @returns its state, and the rest of its lifetime in milliseconds */
  async step(
    wish: LeaseWish,
  ): Promise<Result<{ readonly state: LeaseState; readonly restMs: number | undefined }, "unavailable">> {
    const { id, name } = this.#self;
    const inherits = this.#hasAnswered ? "" : "inherits";
    const answer = await this.#redis.run(stepScript, this.#keys, [id, name, wish, String(leaseMs), inherits]);
    if (!answer.ok) return answer;
    this.#hasAnswered = true;
    const [value, rest] = Array.isArray(answer.value) ? (answer.value as readonly unknown[]) : [];
    const restMs = typeof rest === "number" && rest >= 0 ? rest : undefined;
    return success({ state: this.#read(typeof value === "string" ? value : ""), restMs });
  }

  #read(value: string): LeaseState {
    const [token, id, name] = value.split(" ");
    if (token === undefined || id === undefined || name === undefined) return { kind: "free" };
    return id === this.#self.id ? { kind: "held", token: Number(token) } : { kind: "elsewhere", holder: { id, name } };
  }
}

function isSame(left: LeaseState, right: LeaseState): boolean {
  if (left.kind === "held" && right.kind === "held") return left.token === right.token;
  if (left.kind === "elsewhere" && right.kind === "elsewhere") return left.holder.id === right.holder.id;
  return left.kind === right.kind;
}
