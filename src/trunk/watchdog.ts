import type { Clock } from "../util/clock.js";

export interface WatchdogSettings {
  /** A trunk over which nothing has come for this long is suspected, in milliseconds. */
  readonly silenceMs: number;
  /** The least time from one renewal to the next, in milliseconds. */
  readonly minIntervalMs: number;
}

/**
 * Suspects a trunk that is registered of being deaf: of all that reaches it nothing comes in. A registrar that
 * has lost the binding, or sends calls elsewhere, still answers REGISTER and OPTIONS; from here it can only be
 * guessed, from a silence that is too long, a list of bindings without ours, or a call to the trunk's own number
 * that did not arrive. The cure is to un-register and register anew.
 */
export class Watchdog {
  readonly #settings: WatchdogSettings | undefined;
  readonly #clock: Clock;
  /** Since when there is a registration over which something could come. */
  #listeningSince: number | undefined;
  #heardAt: number | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #suspicion: string | undefined;
  #renewals = 0;

  constructor(settings: WatchdogSettings | undefined, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** How often a renewal was called for. */
  get renewals(): number {
    return this.#renewals;
  }

  /** A request has come in over the trunk, of whatever kind. */
  heard(): void {
    this.#heardAt = this.#clock.now();
    this.#suspicion = undefined;
  }

  /** Somebody knows better: the trunk is deaf. */
  suspect(why: string): void {
    if (this.#settings !== undefined) this.#suspicion = why;
  }

  registered(): void {
    this.#listeningSince ??= this.#clock.now();
  }

  /** Why to renew the registration now; `undefined`: leave it. What it names counts as done. */
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
      ? `nothing has come in for ${Math.round((now - since) / 60_000)} minutes`
      : undefined;
  }
}
