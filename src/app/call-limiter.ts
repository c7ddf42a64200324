import type { Admitted, SlotRefusal } from "../call/interfaces.js";
import type { KnownCaller } from "../caller/known-caller.js";
import type { Pin } from "../caller/secret.js";
import { failure, type Result, success } from "../util/result.js";

/** Maximum numbers of call slots. */
export interface CallLimits {
  readonly all: number;
  /** Per caller number. */
  readonly number: number;
  /** For all callers of a trunk without a usable number, who cannot be distinguished. */
  readonly withheld: number;
  /** For callers waiting for a conference to start. */
  readonly waiting: number;
  /** For callers waiting for the same conference. */
  readonly waitingForOne: number;
}

/** Limits concurrent calls: in total, per trunk and per caller. */
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

  /** Acquires a call slot. The returned function releases it; call it once. */
  acquireSlot(
    { trunk, channels, caller }: Pick<Admitted, "trunk" | "channels" | "caller">,
    limits: CallLimits,
  ): Result<() => void, SlotRefusal> {
    if (this.#taken >= limits.all) return failure("too-many-calls");
    if (channels !== undefined && this.admittedOver(trunk) >= channels) return failure("trunk-busy");
    const key = callerKey(trunk, caller);
    if (caller.kind === "number" && this.#ofCaller.count(key) >= limits.number) return failure("number-busy");
    if (caller.kind !== "number" && this.#ofCaller.count(key) >= limits.withheld) return failure("withheld-busy");
    return success(this.#take(trunk, key));
  }

  #take(trunk: string, key: string): () => void {
    this.#taken += 1;
    this.#overTrunk.add(trunk, 1);
    this.#ofCaller.add(key, 1);
    return () => {
      this.#taken -= 1;
      this.#overTrunk.add(trunk, -1);
      this.#ofCaller.add(key, -1);
    };
  }

  /** Acquires the slot of a call that is up already, whatever the limits. The returned function releases it; call it once. */
  resumeSlot({ trunk, caller }: Pick<Admitted, "trunk" | "caller">): () => void {
    return this.#take(trunk, callerKey(trunk, caller));
  }

  /** Acquires a slot for waiting, for a call that has a call slot. The returned function releases it; call it once. */
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

/** Trunk names contain no spaces, so the keys are unambiguous. */
function callerKey(trunk: string, caller: KnownCaller): string {
  return caller.kind === "number" ? `number ${caller.lineKey}` : `withheld ${trunk}`;
}

/** Counts by key; a count of 0 uses no memory. */
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
