import type { Clock } from "../util/clock.js";
import type { Result } from "../util/result.js";
import { readLoad } from "./load-sample.js";
import { ServerLoad } from "./server-load.js";

/** FreeSWITCH measures its host's idle CPU once a second. */
const everyMs = 1_000;

export interface LoadWatchOptions {
  /** The idle CPU of the host that new calls leave, in percent; 0: the CPU is not looked at. */
  readonly minIdlePercent: () => number;
  /** The host's processors; `undefined`: not known. */
  readonly cores: number | undefined;
  /** Called after each sample. */
  readonly onLoad: (load: ServerLoad) => void;
}

/** Samples the load of a media server each second while calls begin on it or it is busy; at rest its probes are enough. */
export class LoadWatch {
  readonly load: ServerLoad;
  readonly #options: LoadWatchOptions;
  readonly #clock: Clock;
  readonly #ask: () => Promise<Result<string, unknown>>;
  #isOn: "rest" | "watching" | "closed" = "rest";
  #cancelTimer: (() => void) | undefined;

  /** @param ask asks FreeSWITCH for its `status`; fails after its timeout */
  constructor(options: LoadWatchOptions, clock: Clock, ask: () => Promise<Result<string, unknown>>) {
    this.#options = options;
    this.#clock = clock;
    this.#ask = ask;
    this.load = new ServerLoad({
      now: () => clock.now(),
      minIdlePercent: options.minIdlePercent,
      cores: options.cores,
      onTaken: () => {
        this.#wake();
      },
    });
  }

  /** Takes one sample now, and rests or goes on. */
  async sample(): Promise<Result<string, unknown>> {
    const askedAt = this.#clock.now();
    const answer = await this.#ask();
    if (this.#isOn === "closed") return answer;
    this.load.sampled(readLoad(answer.ok ? answer.value : "", this.#clock.now() - askedAt));
    this.#options.onLoad(this.load);
    if (this.load.isWatched) this.#wake();
    return answer;
  }

  close(): void {
    this.#isOn = "closed";
    this.#cancelTimer?.();
  }

  #wake(): void {
    if (this.#isOn !== "rest") return;
    this.#isOn = "watching";
    this.#cancelTimer = this.#clock.after(everyMs, () => {
      if (this.#isOn === "watching") this.#isOn = "rest";
      this.sample().catch(() => {
        // `ask` reports its failures as results.
      });
    });
  }
}
