import type { Admitted, SlotRefusal } from "../call/interfaces.js";
import type { KnownCaller } from "../caller/known-caller.js";
import type { Pin } from "../caller/secret.js";
import { failure, type Result, success } from "../util/result.js";

/** How many places there are at most. */
export interface CallLimits {
  readonly all: number;
  /** For one number. */
  readonly number: number;
  /** For callers of one trunk without a usable number, who can't be told apart. */
  readonly withheld: number;
  /** For callers who wait for conferences to begin. */
  readonly waiting: number;
  /** For callers who wait for one conference. */
  readonly waitingForOne: number;
}

/** The places of calls that have been admitted and are not over: how many there are, in all, over each trunk and for each caller. */
export class CallLimiter {
  #taken = 0;
  readonly #overTrunk = new Tally();
  readonly #ofCaller = new Tally();
  readonly #waiting = new Tally();

  get admitted(): number {
    return this.#taken;
  }

  admittedOver(trunk: string): number {
    return this.#overTrunk.count(trunk);
  }

  /** Takes a place; the returned function gives it back, and is called once. */
  acquireSlot(
    { trunk, channels, caller }: Pick<Admitted, "trunk" | "channels" | "caller">,
    limits: CallLimits,
  ): Result<() => void, SlotRefusal> {
    if (this.#taken >= limits.all) return failure("too-many-calls");
    if (channels !== undefined && this.admittedOver(trunk) >= channels) return failure("trunk-busy");
    const key = callerKey(trunk, caller);
    if (caller.kind === "number" && this.#ofCaller.count(key) >= limits.number) return failure("number-busy");
    if (caller.kind !== "number" && this.#ofCaller.count(key) >= limits.withheld) return failure("withheld-busy");
    this.#taken += 1;
    this.#overTrunk.add(trunk, 1);
    this.#ofCaller.add(key, 1);
    return success(() => {
      this.#taken -= 1;
      this.#overTrunk.add(trunk, -1);
      this.#ofCaller.add(key, -1);
    });
  }

  /** Takes one of the places of those who wait, for a call that has a place already; the returned function gives it back, and is called once. */
  acquireWaitingSlot(pin: Pin, limits: CallLimits): Result<() => void, "waiting-full"> {
    const digits = pin.reveal();
    if (this.#waiting.sum >= limits.waiting || this.#waiting.count(digits) >= limits.waitingForOne)
      return failure("waiting-full");
    this.#waiting.add(digits, 1);
    return success(() => {
      this.#waiting.add(digits, -1);
    });
  }
}

/** No trunk's name has a space. */
function callerKey(trunk: string, caller: KnownCaller): string {
  return caller.kind === "number" ? `number ${caller.lineKey}` : `withheld ${trunk}`;
}

/** How many there are of each; what there is none of takes no memory. */
class Tally {
  readonly #counts = new Map<string, number>();
  #sum = 0;

  get sum(): number {
    return this.#sum;
  }

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, by: 1 | -1): void {
    this.#sum += by;
    const count = this.count(key) + by;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
