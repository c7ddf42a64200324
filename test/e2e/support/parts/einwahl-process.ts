import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { type StatusReport, statusReport } from "../../../../src/monitoring/status/status-report.js";
import { timeoutMs } from "../../../support/deadline.js";
import type { Probed } from "../../../support/probe/memory.js";
import { Program } from "../program.js";
import type { EndSignal, Part } from "./part.js";

const main = join(fileURLToPath(new URL("../../../../", import.meta.url)), "src", "main.js");
const lookEveryMs = 50;
/** An einwahl that keeps its calls at SIGTERM until they end needs five minutes. */
const endTimeoutMs = 10_000;

export interface EinwahlProcessOptions {
  readonly settingsFile: string;
  readonly operatorsPort: number;
  /** Takes each line of its log. */
  readonly log: (line: string) => void;
  /** With a probe that measures its memory; default none. */
  readonly probed?: Probed;
}

/** The built `einwahl run` in a process of its own, which can be killed and started again. */
export class EinwahlProcess implements Part {
  readonly name = "einwahl";
  readonly #options: EinwahlProcessOptions;
  #program: Program | undefined;

  constructor(options: EinwahlProcessOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#program?.isGone === false;
  }

  /** Of the last start. */
  get pid(): number {
    return this.#program?.pid ?? -1;
  }

  /** Starts it without waiting for anything. */
  launch(): void {
    const { settingsFile, log, probed } = this.#options;
    const args = ["--enable-source-maps", ...(probed?.nodeArgs ?? []), main, "run", "--config", settingsFile];
    const program = new Program(process.execPath, args, { cwd: dirname(settingsFile), env: probed?.env ?? {} });
    program.lines.watch(log);
    this.#program = program;
  }

  async start(): Promise<void> {
    this.launch();
    await this.ready();
  }

  /** Waits until a new call would work. */
  async ready(ms = timeoutMs): Promise<void> {
    const deadline = performance.now() + ms;
    while (performance.now() < deadline) {
      if (!this.isRunning) throw new Error(`einwahl has ended: ${String(await this.#program?.gone)}\n${this.tail()}`);
      const answer = await this.#get("readyz");
      if (answer?.ok === true) return;
      await setTimeout(lookEveryMs);
    }
    throw new Error(`einwahl is not ready within ${ms} ms\n${this.tail()}`);
  }

  /** Rejects if it does not end within 10 s at SIGTERM; it is killed then. */
  async end(signal: EndSignal): Promise<void> {
    const how = await this.#program?.stop(signal, endTimeoutMs);
    if (signal === "SIGTERM" && how === "SIGKILL")
      throw new Error(`einwahl does not end within ${endTimeoutMs} ms of SIGTERM\n${this.tail()}`);
  }

  async status(): Promise<StatusReport> {
    const answer = await this.#get("status");
    if (answer === undefined) throw new Error(`einwahl gives no status\n${this.tail()}`);
    return statusReport.parse(await answer.json());
  }

  /** Prometheus text. */
  async metrics(): Promise<string> {
    const answer = await this.#get("metrics");
    if (answer === undefined) throw new Error(`einwahl gives no metrics\n${this.tail()}`);
    return await answer.text();
  }

  tail(count = 40): string {
    return this.#program?.tail(count) ?? "";
  }

  /** `undefined`: it does not listen. */
  async #get(path: string): Promise<Response | undefined> {
    const url = `http://127.0.0.1:${this.#options.operatorsPort}/${path}`;
    return await fetch(url, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
  }
}
