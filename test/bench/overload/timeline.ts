import { type Part, type Subject, type Usages, usagesOf } from "../calls/subject.js";

/** One second of the measurement. */
export interface Second {
  /** Seconds since the flood's begin; negative before it. */
  readonly at: number;
  /** CPU of each process, in percent of a core. */
  readonly cpu: Readonly<Partial<Record<Part, number>>>;
  /** Of the media server's host, in percent, as einwahl sees it. */
  readonly idleCpu: number | undefined;
  /** New calls per second that einwahl allows. */
  readonly limit: number | undefined;
  /** Calls that hold a slot. */
  readonly admitted: number | undefined;
  /** Refused because of overload, so far. */
  readonly refused: number;
}

const everyMs = 1_000;

/** Reads einwahl's metrics and the processes' CPU once a second. */
export class Timeline {
  readonly seconds: Second[] = [];
  readonly #subject: Subject;
  readonly #timer: NodeJS.Timeout;
  #zero = performance.now();
  #before: { readonly at: number; readonly usages: Usages };

  constructor(subject: Subject) {
    this.#subject = subject;
    this.#before = { at: performance.now(), usages: usagesOf(subject) };
    this.#timer = setInterval(() => {
      this.#read().catch((error: unknown) => {
        process.stderr.write(`no metrics: ${String(error)}\n`);
      });
    }, everyMs);
  }

  /** The flood begins. */
  begin(): void {
    const now = performance.now();
    const shift = (now - this.#zero) / 1_000;
    this.#zero = now;
    for (const [index, second] of this.seconds.entries()) this.seconds[index] = { ...second, at: second.at - shift };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    const [at, usages, before] = [performance.now(), usagesOf(this.#subject), this.#before];
    this.#before = { at, usages };
    const metrics = (await this.#subject.metrics?.()) ?? "";
    const cpu: Partial<Record<Part, number>> = {};
    for (const part of Object.keys(usages) as Part[])
      cpu[part] = (100 * ((usages[part]?.cpuMs ?? 0) - (before.usages[part]?.cpuMs ?? 0))) / (at - before.at);
    const idle = valueOf(metrics, "einwahl_media_server_idle_cpu_ratio");
    this.seconds.push({
      at: (at - this.#zero) / 1_000,
      cpu,
      idleCpu: idle === undefined ? undefined : 100 * idle,
      limit: valueOf(metrics, "einwahl_media_server_new_calls_limit"),
      admitted: valueOf(metrics, "einwahl_calls_admitted"),
      refused: valueOf(metrics, "einwahl_calls_total", 'cause="overloaded",result="refused",trunk="line"') ?? 0,
    });
  }
}

/** The value of a metric's first series with these labels; `undefined` if there is none. */
export function valueOf(metrics: string, name: string, labels = ""): number | undefined {
  for (const line of metrics.split("\n")) {
    if (!line.startsWith(name) || !/^[ {]/.test(line.slice(name.length)) || !line.includes(labels)) continue;
    return Number(line.slice(line.lastIndexOf(" ") + 1));
  }
  return undefined;
}
