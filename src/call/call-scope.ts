import type { Clock } from "../util/clock.js";
import type { Latch } from "../util/latch.js";
import type { EndCause } from "./cause.js";

/** The result of a wait. `ended`: the call ended first, with its cause. */
export type Waited<Value> =
  | { readonly kind: "done"; readonly value: Value }
  | { readonly kind: "late" }
  | { readonly kind: "ended"; readonly cause: EndCause };

/**
 * The only way in which a call waits for the outside world: the work races the end of the call and a timer. No other code
 * in `src/call/` awaits an engine or a server.
 */
export class CallScope {
  readonly #clock: Clock;
  readonly #ended: Latch<EndCause>;

  constructor(clock: Clock, ended: Latch<EndCause>) {
    this.#clock = clock;
    this.#ended = ended;
  }

  /**
   * Waits for `work`, at most `ms` milliseconds and never past the end of the call. Does not cancel `work`: its starter
   * does. A rejection of `work` is a bug and is passed on.
   */
  async within<Value>(work: Promise<Value>, ms: number): Promise<Waited<Value>> {
    return await new Promise((resolve, reject) => {
      const disposables: (() => void)[] = [];
      const settle = (outcome: Waited<Value>): void => {
        for (const dispose of disposables) dispose();
        resolve(outcome);
      };
      disposables.push(
        this.#clock.after(ms, () => {
          settle({ kind: "late" });
        }),
      );
      disposables.push(
        this.#ended.onSet((cause) => {
          settle({ kind: "ended", cause });
        }),
      );
      work.then(
        (value) => {
          settle({ kind: "done", value });
        },
        (error: unknown) => {
          for (const dispose of disposables) dispose();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  /** Pauses; returns `undefined` after `ms`, or the end of the call. */
  async pause(ms: number): Promise<{ readonly kind: "ended"; readonly cause: EndCause } | undefined> {
    const waited = await this.within(new Promise<never>(() => undefined), ms);
    return waited.kind === "ended" ? waited : undefined;
  }
}
