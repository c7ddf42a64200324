/** What FreeSWITCH's answer to `status` tells. */
export interface LoadSample {
  /** The host's idle CPU, in percent; `undefined`: not reported. */
  readonly idlePercent: number | undefined;
  /** The new sessions that FreeSWITCH takes per second; `undefined`: not reported. A call has two, one per leg. */
  readonly sessionsPerSecond: number | undefined;
  /** The time from the command to its answer, in milliseconds. */
  readonly answerMs: number;
}

/**
 * How many new calls a media server gets. `free`: as many as come; `cpu`: fewer, because its host has less idle CPU than it
 * should; `slow`: none, because it takes long to answer.
 */
export type LoadState = "free" | "cpu" | "slow";

/** New calls per second and core that no sample has confirmed yet: they use half of it, and the rest later. */
const firstRatePerCore = 5;
/** Of a host whose cores are not known. */
const fewCores = 2;
/** The rate never falls below it while the media server answers quickly: other programs may use the CPU, too. */
const leastRate = 1;
const mostRate = 1_000;
/** Calls that may begin at once, as seconds of the rate: many people call as a meeting begins. */
const burstSeconds = 3;
/** Change of the rate in a second that had too little idle CPU, and the most in one that had much. */
const decrease = 0.6;
const increase = 1.25;
/** Idle CPU above the minimum, in percentage points: from the first on the rate grows, from the second on fastest. */
const someHeadroom = 5;
const muchHeadroom = 40;
/** A tenth of it is usual on a host at 80 % CPU, in milliseconds. */
const slowAnswerMs = 250;
/** Time from the INVITE to the channel's answer, on average, in milliseconds; usual are 20 to 60. */
const slowOpeningMs = 1_000;
/** Weight of the newest channel in the average. */
const openingWeight = 0.2;
/** One slow answer may be a coincidence. */
const slowInARow = 2;
/** Sessions of a call. */
const sessionsOfCall = 2;

export interface ServerLoadOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The idle CPU to keep, in percent; 0: the CPU is not looked at. */
  readonly minIdlePercent: () => number;
  /** The host's processors; `undefined`: not known. */
  readonly cores: number | undefined;
  /** Called when a call has begun. */
  readonly onTaken: () => void;
}

/**
 * Learns how many calls a media server can begin per second, and gives each a turn. The rate grows while the host has idle
 * CPU and calls come, and falls at once when it has too little (additive increase, multiplicative decrease).
 */
export class ServerLoad {
  readonly #options: ServerLoadOptions;
  readonly #firstRate: number;
  #rate: number;
  /** Calls that may begin now. */
  #turns: number;
  #refilledAt: number;
  #sampledAt: number;
  /** Since the last sample. */
  #taken = 0;
  #missed = 0;
  #refusals = 0;
  #slowSamples = 0;
  #openingMs: number | undefined;
  /** Channels opened since the last sample. */
  #opened = 0;
  #sample: LoadSample | undefined;
  #state: LoadState = "free";

  constructor(options: ServerLoadOptions) {
    this.#options = options;
    this.#firstRate = firstRatePerCore * (options.cores ?? fewCores);
    this.#rate = this.#firstRate;
    this.#turns = this.#burst;
    this.#refilledAt = options.now();
    this.#sampledAt = options.now();
  }

  get state(): LoadState {
    return this.#state;
  }

  /** `undefined`: not reported. */
  get idlePercent(): number | undefined {
    return this.#sample?.idlePercent;
  }

  /** New calls per second. */
  get rate(): number {
    if (this.#state === "slow") return 0;
    return this.#isPaced ? this.#rate : mostRate;
  }

  /** Calls begun since the last sample. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether the next sample should come soon: calls begin, or the server is busy. */
  get isWatched(): boolean {
    return this.#state !== "free" || this.#taken + this.#missed > 0;
  }

  /** Whether a call may begin now. */
  get hasTurn(): boolean {
    this.#refill();
    if (this.#state === "slow") return false;
    return this.#isPaced ? this.#turns >= 1 : this.#refusals === 0;
  }

  /** Counts a new call. */
  take(): void {
    this.#refill();
    this.#turns -= 1;
    this.#taken += 1;
    this.#options.onTaken();
  }

  /** A call was refused, or went to another server, because no turn was left. */
  miss(): void {
    this.#missed += 1;
  }

  /** @param ms time from the INVITE to the channel's answer */
  opened(ms: number): void {
    this.#opened += 1;
    this.#openingMs = this.#openingMs === undefined ? ms : this.#openingMs + openingWeight * (ms - this.#openingMs);
  }

  /** FreeSWITCH has refused a channel: too many sessions, or too many in this second. */
  refused(): void {
    this.#refusals += 1;
    if (this.#refusals === 1) this.#slowDown();
  }

  sampled(sample: LoadSample): void {
    this.#refill();
    this.#sample = sample;
    // The average of the channels is no evidence once no more are opened.
    if (this.#opened === 0) this.#openingMs = undefined;
    const isSlow = sample.answerMs > slowAnswerMs || (this.#openingMs ?? 0) > slowOpeningMs;
    this.#slowSamples = isSlow ? this.#slowSamples + 1 : 0;
    this.#adapt(sample);
    this.#opened = 0;
    this.#taken = 0;
    this.#missed = 0;
    this.#refusals = 0;
    this.#sampledAt = this.#options.now();
  }

  /** Without a look at the CPU only slow answers and refusals limit the calls. */
  get #isPaced(): boolean {
    return this.#options.minIdlePercent() > 0;
  }

  #adapt({ idlePercent = 100, sessionsPerSecond = 0 }: LoadSample): void {
    const minimum = this.#options.minIdlePercent();
    const headroom = minimum === 0 ? 100 : idlePercent - minimum;
    const before = this.#state;
    if (this.#slowSamples >= slowInARow) {
      if (this.#state !== "slow") this.#slowDown();
      this.#state = "slow";
    } else if (headroom < 0) {
      this.#slowDown();
      this.#state = "cpu";
    } else if (this.#state === "free" || headroom >= someHeadroom) {
      if (headroom >= someHeadroom) this.#speedUp(headroom);
      this.#state = "free";
    }
    const most = sessionsPerSecond > 0 ? sessionsPerSecond / sessionsOfCall : mostRate;
    this.#rate = Math.min(this.#rate, most, mostRate);
    // The callers who were refused may call again at once.
    const isRecovered = before === "cpu" && this.#state === "free" && headroom >= muchHeadroom;
    this.#turns = isRecovered ? this.#burst : Math.min(this.#turns, this.#burst);
  }

  #speedUp(headroom: number): void {
    const isMuch = headroom >= muchHeadroom;
    const first = this.#firstRate;
    if (this.#missed > 0 || this.#rate < first) {
      const share = Math.min(1, headroom / muchHeadroom);
      const grown = this.#rate * (1 + share * (increase - 1)) + 1;
      this.#rate = isMuch ? Math.max(first, grown) : grown;
    } else if (isMuch) {
      // What was learnt long ago is no evidence: more calls are up now.
      this.#rate = Math.max(first, this.#rate / increase ** (1 / 4));
    }
  }

  #slowDown(): void {
    const seconds = Math.max(1, (this.#options.now() - this.#sampledAt) / 1_000);
    // A short peak of other programs must not refuse the few calls that come.
    const used = this.#missed === 0 ? this.#rate : Math.min(this.#rate, this.#taken / seconds);
    const isNew = this.#state === "free";
    this.#rate = Math.max(leastRate, decrease * used);
    this.#turns = Math.min(this.#turns, isNew ? this.#rate : leastRate);
  }

  get #burst(): number {
    return Math.max(1, this.#rate * (this.#state === "free" ? burstSeconds : 1));
  }

  #refill(): void {
    const now = this.#options.now();
    this.#turns = Math.min(this.#burst, this.#turns + ((now - this.#refilledAt) / 1_000) * this.#rate);
    this.#refilledAt = now;
  }
}
