import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

import { inTime } from "../../support/deadline.js";
import { EventLog } from "./event-log.js";

export interface ProgramOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the program reads commands from its standard input; default false. */
  readonly input?: boolean;
}

/** A system program that runs beside the test. */
export class Program {
  /** Its output lines, stdout and stderr. */
  readonly lines = new EventLog<string>();
  /** Settles when it has exited. */
  readonly gone: Promise<string>;
  readonly #name: string;
  readonly #child: ChildProcessByStdio<Writable | null, Readable, Readable>;
  #isGone = false;

  /** setpriv kills the program if the test process is killed. */
  constructor(command: string, args: readonly string[], options: ProgramOptions) {
    this.#name = command;
    // A separate process group, for signalAll.
    const common = { cwd: options.cwd, env: { ...process.env, ...options.env }, detached: true };
    const all = ["--pdeathsig", "TERM", command, ...args];
    this.#child =
      options.input === true
        ? spawn("setpriv", all, { ...common, stdio: ["pipe", "pipe", "pipe"] })
        : spawn("setpriv", all, { ...common, stdio: ["ignore", "pipe", "pipe"] });
    // EPIPE: the program exited before it read a line; `gone` reports that.
    this.#child.stdin?.on("error", () => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => {
        this.lines.happen(line);
      });
    }
    this.gone = new Promise((resolve) => {
      const done = (how: string): void => {
        this.#isGone = true;
        resolve(how);
      };
      this.#child.once("error", (error) => {
        done(error.message);
      });
      this.#child.once("close", (code, signal) => {
        done(signal ?? `exit ${String(code)}`);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Its last lines, for a failure's message. */
  tail(count = 60): string {
    return this.lines.past.slice(-count).join("\n");
  }

  /** Waits for a line; rejects at once if the program exits instead. */
  async line(what: string, pattern: RegExp): Promise<string> {
    const ended = this.gone.then((how): never => {
      throw new Error(`${what}: ${this.#name} ended (${how})\n${this.tail()}`);
    });
    const seen = this.lines.next(`${this.#name}: ${what}`, (line) => pattern.test(line), {
      past: true,
      evidence: () => this.tail(),
    });
    return await Promise.race([seen, ended]);
  }

  /** Writes a line to the program's standard input, if it has one. */
  write(line: string): void {
    if (!this.#isGone) this.#child.stdin?.write(`${line}\n`);
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#isGone) this.#child.kill(signal);
  }

  /** Signals the program and all its children: an engine is a child of its start script. */
  signalAll(signal: NodeJS.Signals): void {
    if (!this.#isGone) process.kill(-this.pid, signal);
  }

  /** Ends it, with SIGKILL if it does not react, and waits until it has exited. */
  async stop(signal: NodeJS.Signals = "SIGTERM", timeoutMs = 10_000): Promise<string> {
    this.signal(signal);
    try {
      return await inTime(`${this.#name} ends`, this.gone, timeoutMs);
    } catch {
      this.signal("SIGKILL");
      return await inTime(`${this.#name} is killed`, this.gone);
    }
  }
}
