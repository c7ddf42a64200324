import type { InstanceReport } from "../store/instances.js";
import { type InstanceName, type Lease, LeaseBoard, type LeaseWish, type RedisLease } from "../store/lease.js";
import type { SharedState } from "../store/open-stores.js";
import { WakeableSleep } from "../trunk/wakeable-sleep.js";
import type { Clock } from "../util/clock.js";

export interface ClusterOptions {
  readonly self: InstanceName;
  /** What this instance tells the others now. */
  readonly report: () => Omit<InstanceReport, "id" | "name">;
  readonly clock: Clock;
  readonly onBug: (error: unknown) => void;
}

/** A listener of `onTurn`. */
export type TurnListener = (turn: Turn) => void;

/** The instances before and after an exchange with Redis. */
export interface Turn {
  readonly lost: readonly InstanceReport[];
  /** Whether the absence of an instance means that it is dead. */
  readonly isSettled: boolean;
}

interface Task {
  readonly board: LeaseBoard;
  lease: RedisLease | undefined;
}

/** The name of the lease for synthetic calls. */
export const syntheticLease = "synthetic-calls";
/** Interval of the exchange with Redis in milliseconds. */
const turnEveryMs = 1_000;
/** After an outage of Redis the holders of leases come first, so that no registration moves. Milliseconds. */
const holdersFirstMs = 5_000;
/** Redis is absent from the start: this instance then works alone. Milliseconds. */
const aloneAfterMs = 10_000;

/**
 * The instances that share a Redis: who lives, and who has which lease. Without Redis, or with Redis absent since the
 * start, this instance has every lease. While Redis is unavailable nothing changes.
 */
export class Cluster {
  readonly self: InstanceName;
  readonly #options: ClusterOptions;
  readonly #clock: Clock;
  readonly #sleeper: WakeableSleep;
  readonly #tasks = new Map<string, Task>();
  readonly #listeners = new Set<TurnListener>();
  #shared: SharedState | undefined;
  #instances: readonly InstanceReport[] = [];
  #life: "before" | "running" | "leaving" | "departed" | "closed" = "before";
  #openedAt = 0;
  #faultAt = Number.NEGATIVE_INFINITY;
  #hasAnswered = false;
  /** Until the next exchange: the soonest end of another instance's lease, or 0 after `wake`. */
  #pauseMs = turnEveryMs;
  #turning: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.self = options.self;
    this.#clock = options.clock;
    this.#sleeper = new WakeableSleep(options.clock);
  }

  /** The living instances, with this one; `undefined` without Redis. */
  get instances(): readonly InstanceReport[] | undefined {
    return this.#shared === undefined ? undefined : this.#instances;
  }

  /** What instances agree on; `undefined`: no Redis, or not opened yet. */
  get shared(): SharedState | undefined {
    return this.#shared;
  }

  get isOpen(): boolean {
    return this.#life !== "before";
  }

  /** Joins the other instances. @param shared `undefined`: no Redis, a single instance */
  async open(shared: SharedState | undefined): Promise<void> {
    this.#shared = shared;
    this.#openedAt = this.#clock.now();
    this.#life = "running";
    if (shared === undefined) {
      for (const { board } of this.#tasks.values()) board.enter({ kind: "held", token: undefined });
      return;
    }
    await this.refresh();
    this.#running = this.#run();
  }

  /** The lease of a task; it is taken as soon as `open` was called and the report or `syntheticLease` names it. */
  lease(name: string): Lease {
    return this.#task(name).board;
  }

  /** Exchanges the state with Redis now. */
  async refresh(): Promise<void> {
    const turn = this.#turning.then(() => this.#turn());
    this.#turning = turn.catch(this.#options.onBug);
    await this.#turning;
  }

  /** The report of this instance has changed. */
  readonly wake = (): void => {
    this.#pauseMs = 0;
    this.#sleeper.wake();
  };

  /** Calls back after each exchange with Redis. @returns a function that removes the listener */
  onTurn(listener: TurnListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Leaves all leases to others, at once; this instance still lives and has its calls. */
  async leave(): Promise<void> {
    if (this.#life !== "running") return;
    this.#life = "leaving";
    if (this.#shared !== undefined) await this.refresh();
  }

  /** Leaves the calls, too: others may take them over at once. */
  async depart(): Promise<void> {
    const { isOpen } = this;
    if (this.#life === "closed") return;
    this.#life = "departed";
    await this.#turning;
    if (isOpen) await this.#shared?.instances.remove(this.self.id);
  }

  /** Leaves and departs, and ends the exchange with Redis. */
  async close(): Promise<void> {
    const { isOpen } = this;
    this.#life = "closed";
    this.#sleeper.wake();
    await this.#running;
    await this.#turning;
    this.#listeners.clear();
    if (isOpen) await this.#shared?.instances.remove(this.self.id);
  }

  async #run(): Promise<void> {
    while (this.#life !== "closed") {
      await this.#sleeper.sleep(this.#pauseMs);
      if (this.#isClosed()) return;
      await this.refresh();
    }
  }

  #isClosed(): boolean {
    return this.#life === "closed";
  }

  async #turn(): Promise<void> {
    const shared = this.#shared;
    if (shared === undefined || this.#isClosed()) return;
    this.#pauseMs = turnEveryMs;
    const own = { ...this.self, ...this.#options.report() };
    const { instances } = shared;
    const answer = await (this.#life === "departed" ? instances.list(own.id) : instances.beat(own));
    if (!answer.ok) {
      this.#noAnswer();
      return;
    }
    this.#hasAnswered = true;
    const before = this.#instances;
    this.#instances = answer.value.instances;
    await Promise.all([...this.#tasks].map(([name, task]) => this.#step(name, task, shared, own)));
    const lost = before.filter(({ id }) => !this.#instances.some((each) => each.id === id));
    for (const listener of [...this.#listeners]) listener({ lost, isSettled: answer.value.isSettled });
  }

  #noAnswer(): void {
    this.#faultAt = this.#clock.now();
    if (this.#hasAnswered || this.#life !== "running" || this.#faultAt - this.#openedAt < aloneAfterMs) return;
    for (const { board } of this.#tasks.values())
      if (board.state.kind === "undecided") board.enter({ kind: "held", token: undefined });
  }

  async #step(name: string, task: Task, shared: SharedState, own: ReturnType<ClusterOptions["report"]>): Promise<void> {
    task.lease ??= shared.lease(name, this.self);
    const answer = await task.lease.step(this.#wish(name, task.board, own));
    if (!answer.ok || this.#isClosed()) return;
    const { state, restMs } = answer.value;
    if (state.kind === "elsewhere" && restMs !== undefined) this.#pauseMs = Math.min(this.#pauseMs, restMs + 1);
    task.board.enter(state);
  }

  #wish(name: string, { state }: LeaseBoard, own: ReturnType<ClusterOptions["report"]>): LeaseWish {
    const has = (report: Pick<InstanceReport, "registrations">): boolean =>
      name === syntheticLease || report.registrations.some(({ key }) => key === name);
    if (this.#life !== "running" || !has(own)) return "yield";
    const othersCan = this.#instances.some((each) => each.id !== this.self.id && each.canServe && has(each));
    if (!own.canServe && othersCan) return "yield";
    if (state.kind === "held") return "take";
    return own.isDraining || this.#clock.now() - this.#faultAt < holdersFirstMs ? "keep" : "take";
  }

  #task(name: string): Task {
    const known = this.#tasks.get(name);
    if (known !== undefined) return known;
    const isAlone = this.isOpen && this.#shared === undefined;
    const board = new LeaseBoard(isAlone ? { kind: "held", token: undefined } : { kind: "undecided" });
    const task: Task = { board, lease: undefined };
    this.#tasks.set(name, task);
    this.wake();
    return task;
  }
}
