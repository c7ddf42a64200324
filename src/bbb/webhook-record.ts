import type { Clock } from "../util/clock.js";

/** State of the webhooks of a server. */
export interface WebhookState {
  /** Milliseconds since the last authentic webhook; `undefined`: none yet. */
  readonly ageMs: number | undefined;
  /** Number of refused webhooks (invalid checksum). */
  readonly refused: number;
  /** Milliseconds since the last refused one; `undefined`: none yet. */
  readonly refusedAgeMs: number | undefined;
}

export interface WebhookEvents {
  /** Webhooks with an invalid checksum; `count`: since the last report. */
  readonly onRefused: (count: number) => void;
  /** The checksum is valid again. */
  readonly onRestored: () => void;
}

/** Minimum time between two reports of refused webhooks, in milliseconds: unknown sources may post, too. */
const tellEveryMs = 600_000;

/** Tracks whether the webhooks of a server are authentic: bbb-webhooks 3.5.0 treats a 401 as delivered and logs nothing. */
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
