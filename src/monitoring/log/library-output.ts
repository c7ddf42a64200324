import process from "node:process";

import type { Logger } from "pino";

import type { Clock } from "../../util/clock.js";

/** Source of library output or of a Node warning; never the text: drachtio-srf prints whole SIP messages. */
export interface LibraryOutput {
  /** The package; "node" if none is on the stack. */
  readonly library: string;
  /** File and line in the package. */
  readonly at: string;
  /** The printed error, if any. */
  readonly err?: Error;
}

const methods = [
  "log",
  "info",
  "warn",
  "error",
  "debug",
  "trace",
  "dir",
  "dirxml",
  "table",
  "group",
  "groupCollapsed",
  "assert",
  "count",
  "timeEnd",
  "timeLog",
] as const;

/**
 * Intercepts `console` and Node's warnings of the whole process; called once by `main`.
 * @returns a function that restores them
 */
export function catchLibraryOutput(sink: (output: LibraryOutput) => void): () => void {
  const target = globalThis.console as unknown as Record<string, unknown>;
  const before = methods.map((name) => target[name]);
  const listeners = process.listeners("warning");
  for (const name of methods) {
    target[name] = (...args: readonly unknown[]) => {
      if (name === "assert" && Boolean(args[0])) return;
      const err = args.find((arg) => arg instanceof Error);
      sink({ ...whence(new Error("for its stack").stack ?? ""), ...(err && { err }) });
    };
  }
  const onWarning = (warning: Error): void => {
    sink({ ...whence(warning.stack ?? ""), err: warning });
  };
  // Node's default listener prints the text to stderr.
  process.removeAllListeners("warning");
  process.on("warning", onWarning);
  return () => {
    methods.forEach((name, index) => {
      target[name] = before[index];
    });
    process.removeListener("warning", onWarning);
    for (const listener of listeners) process.on("warning", listener);
  };
}

/** The first stack frame in a package. */
function whence(stack: string): Pick<LibraryOutput, "library" | "at"> {
  const frames = stack.split("\n").filter((line) => /^ {4}at /.test(line));
  for (const frame of frames) {
    const [, library, file, line] =
      /^.*[/\\]node_modules[/\\]((?:@[\w.-]+[/\\])?[\w.-]+)[/\\]([\w./\\@-]+):(\d{1,6}):\d{1,6}\)?$/.exec(frame) ?? [];
    if (library !== undefined && file !== undefined && line !== undefined) return { library, at: `${file}:${line}` };
  }
  return { library: "node", at: "" };
}

/** Minimum time between two log lines for the same source line, in milliseconds. */
const quietMs = 60_000;
/** Maximum number of source lines tracked at a time. */
const maxSources = 100;

/** Logs library output: each source line at once, then a count once a minute. */
export class LibraryOutputLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #sources = new Map<string, { times: number; cancelTimer: () => void }>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  note(output: LibraryOutput): void {
    const key = `${output.library} ${output.at}`;
    const known = this.#sources.get(key);
    if (known !== undefined) {
      known.times += 1;
      return;
    }
    if (this.#sources.size >= maxSources) return;
    this.#write(output, 1);
    this.#quiet(key, output);
  }

  close(): void {
    for (const { cancelTimer } of this.#sources.values()) cancelTimer();
    this.#sources.clear();
  }

  #quiet(key: string, output: LibraryOutput): void {
    const cancelTimer = this.#clock.after(quietMs, () => {
      const times = this.#sources.get(key)?.times ?? 0;
      this.#sources.delete(key);
      if (times === 0) return;
      this.#write(output, times);
      this.#quiet(key, output);
    });
    this.#sources.set(key, { times: 0, cancelTimer });
  }

  #write(output: LibraryOutput, times: number): void {
    this.#logger.warn({ ...output, times }, "library output suppressed");
  }
}
