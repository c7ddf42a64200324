import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";
import { within } from "../util/wait.js";
import type { BbbServer } from "./bbb-server.js";

/** `recent`: a poll that was sent just before counts, too; `new`: only polls sent from now on count. */
export type PollKind = "recent" | "new";

/** One poll of all servers, shared by lookups. */
export interface PollRound {
  /** Resolves when the servers that answered before have answered, or failed. */
  readonly answering: Promise<unknown>;
  /** The same for the servers that failed before; `undefined`: none. */
  readonly failing: Promise<unknown> | undefined;
}

/**
 * Pause after the start of polls for lookups, in milliseconds per megabyte of responses: parsing takes about a quarter of
 * it, so that wrong PINs and early callers never fill the process.
 */
const pauseMsPerMegabyte = 60;
/** Limit of the pause, in milliseconds: a caller waits for a round at most as long. */
const maxPauseMs = 3_000;
/** The age up to which a poll shows all PINs that callers know, in milliseconds: no caller dials a meeting's PIN so soon. */
const spareAgeMs = 1_000;
const nothing: PollRound = { answering: Promise.resolve(), failing: undefined };

/**
 * Polls for lookups, beyond the regular ones. Small responses are polled at once. The larger the responses of all servers
 * are, the longer a lookup waits for the next round, which it shares with all others that wait.
 */
export class PollRounds {
  readonly #clock: Clock;
  readonly #servers: () => readonly BbbServer[];
  readonly #closed = new Latch<true>();
  /** When the next polls may begin. */
  #freeAt = Number.NEGATIVE_INFINITY;
  #waiting: { kind: PollKind; readonly round: Promise<PollRound> } | undefined;
  /** The last round, until it is complete. */
  #running: { readonly since: number; readonly round: PollRound } | undefined;

  constructor(clock: Clock, servers: () => readonly BbbServer[]) {
    this.#clock = clock;
    this.#servers = servers;
  }

  /** Begins or joins a round; resolves when it has begun. */
  async next(kind: PollKind): Promise<PollRound> {
    if (this.#waiting !== undefined) {
      if (kind === "new") this.#waiting.kind = "new";
      return await this.#waiting.round;
    }
    const now = this.#clock.now();
    if (this.#running !== undefined && now - this.#running.since <= maxAgeMs[kind]) return this.#running.round;
    if (kind === "recent" && this.#servers().every((server) => server.isFresh)) return nothing;
    if (this.#freeAt <= now) return this.#begin(kind);
    const waiting = { kind, round: this.#wait(this.#freeAt - now) };
    this.#waiting = waiting;
    return await waiting.round;
  }

  /**
   * Polls those of these servers whose last poll is a second old, unless other lookups have used up the time for it: what is
   * known must do then.
   */
  async spare(servers: readonly BbbServer[]): Promise<void> {
    const due = servers.filter((server) => !server.isFresh && !server.hasAnsweredWithin(spareAgeMs));
    if (due.length === 0 || this.#freeAt > this.#clock.now()) return;
    this.#charge(due);
    await Promise.all(due.map((server) => server.poll()));
  }

  close(): void {
    this.#closed.set(true);
  }

  async #wait(ms: number): Promise<PollRound> {
    await within(this.#clock, ms, new Promise<never>(() => undefined), this.#closed);
    const kind = this.#waiting?.kind ?? "new";
    this.#waiting = undefined;
    return this.#closed.isSet ? nothing : this.#begin(kind);
  }

  #begin(kind: PollKind): PollRound {
    const servers = this.#servers();
    this.#charge(kind === "recent" ? servers.filter((server) => !server.isFresh) : servers);
    const poll = (server: BbbServer): Promise<void> => (kind === "recent" ? server.poll() : server.pollFresh());
    const [answering, failing] = [servers.filter(({ answers }) => answers), servers.filter(({ answers }) => !answers)];
    const late = Promise.all(failing.map(poll));
    const round: PollRound = {
      answering: Promise.all(answering.map(poll)).finally(() => {
        if (this.#running?.round === round) this.#running = undefined;
      }),
      failing: failing.length === 0 ? undefined : late,
    };
    this.#running = { since: this.#clock.now(), round };
    return round;
  }

  #charge(servers: readonly BbbServer[]): void {
    const bytes = servers.reduce((sum, { responseBytes }) => sum + responseBytes, 0);
    this.#freeAt = this.#clock.now() + Math.min(maxPauseMs, (bytes / 1_000_000) * pauseMsPerMegabyte);
  }
}

/** How old a round in progress may be to be joined, in milliseconds. */
const maxAgeMs: Readonly<Record<PollKind, number>> = { recent: 200, new: 0 };
