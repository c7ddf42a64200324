import type { Clock } from "../util/clock.js";

/** What is known of a server's webhooks. */
export interface WebhookState {
  /** Milliseconds since the last post that proved to be the server's; `undefined` when there was none. */
  readonly ageMs: number | undefined;
  /** Posts whose proof was wrong, so far. */
  readonly refused: number;
  /** Milliseconds since the last of them; `undefined` when there was none. */
  readonly refusedAgeMs: number | undefined;
}

export interface WebhookEvents {
  /** Proofs have begun to fail, or go on failing: so many since the last word. */
  readonly onRefused: (count: number) => void;
  /** A proof is right again. */
  readonly onRestored: () => void;
}

/** The shortest time between two words about failing proofs, in milliseconds: strangers may post, too. */
const tellEveryMs = 600_000;

/** Remembers whether the webhooks of one server prove to be its own: bbb-webhooks 3.5.0 takes a 401 for delivered and says nothing. */
export class WebhookRecord {
  readonly #clock: Clock;
  #takenAt: number | undefined;
  #refusedAt: number | undefined;
  #refused = 0;
  #toldAt: number | undefined;
  #toldRefused = 0;
  #isTold = false;
  events: WebhookEvents | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): WebhookState {
    const now = this.#clock.now();
    return {
      ageMs: this.#takenAt === undefined ? undefined : now - this.#takenAt,
      refused: this.#refused,
      refusedAgeMs: this.#refusedAt === undefined ? undefined : now - this.#refusedAt,
    };
  }

  taken(): void {
    this.#takenAt = this.#clock.now();
    if (!this.#isTold) return;
    this.#isTold = false;
    this.events?.onRestored();
  }

  refused(): void {
    const now = this.#clock.now();
    this.#refusedAt = now;
    this.#refused += 1;
    if (this.#toldAt !== undefined && now - this.#toldAt < tellEveryMs) return;
    this.#toldAt = now;
    this.#isTold = true;
    this.events?.onRefused(this.#refused - this.#toldRefused);
    this.#toldRefused = this.#refused;
  }
}
