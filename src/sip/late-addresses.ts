import type { ListenAddress } from "../trunk/families.js";
import type { Clock } from "../util/clock.js";
import type { Result } from "../util/result.js";
import type { DrachtioGreeting } from "./drachtio-login.js";

export interface LateAddressesParts {
  readonly clock: Clock;
  /** Logs in once more, and reads drachtio's addresses. */
  readonly ask: () => Promise<Result<DrachtioGreeting, unknown>>;
  readonly onAddresses: (addresses: readonly ListenAddress[]) => void;
  readonly onBug: (error: unknown) => void;
}

/** When to ask again after a connection, in milliseconds after the last question. */
const pausesMs: readonly number[] = [1_000, 3_000, 6_000];

/**
 * drachtio 0.9.10 accepts connections before it opens its SIP transports, one after the other (controller.cpp): after a
 * restart its first answer may have none or only some of its addresses, and no trunk could register. Asks again.
 */
export class LateAddresses {
  readonly #parts: LateAddressesParts;
  #cancelTimer: () => void = () => undefined;
  /** Counts the connections: an answer for an earlier one is dropped. */
  #round = 0;

  constructor(parts: LateAddressesParts) {
    this.#parts = parts;
  }

  /** Begins to ask. @param known the addresses of the first answer */
  watch(known: readonly ListenAddress[]): void {
    this.stop();
    this.#again(known, pausesMs, this.#round);
  }

  stop(): void {
    this.#round += 1;
    this.#cancelTimer();
  }

  #again(known: readonly ListenAddress[], [pauseMs, ...others]: readonly number[], round: number): void {
    if (pauseMs === undefined) return;
    const { clock, ask, onAddresses, onBug } = this.#parts;
    this.#cancelTimer = clock.after(pauseMs, () => {
      ask()
        .then((answer) => {
          if (round !== this.#round) return;
          const now = answer.ok ? answer.value.publicAddresses : known;
          if (JSON.stringify(now) !== JSON.stringify(known)) onAddresses(now);
          this.#again(now, others, round);
        })
        .catch(onBug);
    });
  }
}
