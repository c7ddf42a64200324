import type { Clock } from "../util/clock.js";

export interface WatchdogSettings {
  /** Time without received requests after which the trunk is suspected, in milliseconds. */
  readonly silenceMs: number;
  /** Minimum time between renewals, in milliseconds. */
  readonly minIntervalMs: number;
}

/**
 * Detects a deaf trunk: it is registered, but calls do not arrive. A registrar that has lost the binding or routes calls
 * elsewhere still responds to REGISTER and OPTIONS. Indications are a long time without requests, a list of bindings
 * without ours, and a lost test call to the trunk's number. The remedy is to un-register and register again.
 */
export class Watchdog {
  readonly #settings: WatchdogSettings | undefined;
  readonly #clock: Clock;
  /** Start of the first registration. */
  #listeningSince: number | undefined;
  #heardAt: number | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #suspicion: string | undefined;
  #renewals = 0;

  constructor(settings: WatchdogSettings | undefined, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Number of renewals requested. */
  get renewals(): number {
    return this.#renewals;
  }

  /** Reports a received request of any method. */
  heard(): void {
    this.#heardAt = this.#clock.now();
    this.#suspicion = undefined;
  }

  /** Reports evidence that the trunk is deaf. */
  suspect(why: string): void {
    if (this.#settings !== undefined) this.#suspicion = why;
  }

  registered(): void {
    this.#listeningSince ??= this.#clock.now();
  }

  /** The reason to renew the registration now; `undefined` for none. A returned reason counts as handled. */
  verdict(): string | undefined {
    const settings = this.#settings;
    const now = this.#clock.now();
    if (settings === undefined || now - this.#renewedAt < settings.minIntervalMs) return undefined;
    const why = this.#suspicion ?? this.#silence(settings, now);
    if (why === undefined) return undefined;
    this.#renewals += 1;
    this.#renewedAt = now;
    this.#suspicion = undefined;
    return why;
  }

  #silence({ silenceMs }: WatchdogSettings, now: number): string | undefined {
    const since = Math.max(this.#listeningSince ?? now, this.#heardAt ?? Number.NEGATIVE_INFINITY, this.#renewedAt);
    return now - since >= silenceMs
      ? `no requests received for ${Math.round((now - since) / 60_000)} minutes`
      : undefined;
  }
}
