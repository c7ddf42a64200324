import { Readable } from "node:stream";

import type { Command, CommandContext, InputStream, Signal } from "../../../src/cli/command.js";
import { runCommandLine } from "../../../src/cli/command-line.js";
import { commands as allCommands } from "../../../src/cli/commands.js";
import { runCommand } from "../../../src/cli/run-command.js";
import { type OutputStream, Terminal } from "../../../src/cli/terminal.js";
import type { Environment } from "../../../src/config/references.js";
import { type Clock, systemClock } from "../../../src/util/clock.js";

/** The outcome of a command line. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export interface TypedOptions {
  readonly environment?: Environment;
  readonly commands?: readonly Command[];
  readonly fallback?: Command;
  /** Whether the streams are a terminal, with colours. */
  readonly isTerminal?: boolean;
  readonly signals?: FakeSignals;
  /** Standard input; default: nothing. */
  readonly input?: InputStream;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** A stream that records its input. */
export class KeptStream implements OutputStream {
  readonly isTTY: boolean;
  readonly columns = 80;
  text = "";

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string, callback?: () => void): boolean {
    this.text += text;
    callback?.();
    return true;
  }

  hasColors(environment: Record<string, string | undefined> = {}): boolean {
    return environment["NO_COLOR"] === undefined;
  }
}

/** Signals that a test sends. */
export class FakeSignals {
  readonly #callbacks = new Map<Signal, Set<() => void>>();

  on(signal: Signal, callback: () => void): () => void {
    const callbacks = this.#callbacks.get(signal) ?? new Set();
    this.#callbacks.set(signal, callbacks.add(callback));
    return () => {
      callbacks.delete(callback);
    };
  }

  send(signal: Signal): void {
    for (const callback of this.#callbacks.get(signal) ?? []) callback();
  }
}

/** Runs a command line in this process, as `main.ts` does. */
export async function typed(args: readonly string[], options: TypedOptions = {}): Promise<Outcome> {
  const output = new KeptStream(options.isTerminal ?? false);
  const errors = new KeptStream(options.isTerminal ?? false);
  const environment = options.environment ?? {};
  const signals = options.signals ?? new FakeSignals();
  const context: CommandContext = {
    input: options.input ?? Readable.from([]),
    terminal: new Terminal(output, errors, environment),
    environment,
    clock: options.clock ?? systemClock,
    onSignal: (signal, callback) => signals.on(signal, callback),
    onUncaught: () => undefined,
    onLibraryOutput: () => () => undefined,
  };
  const code = await runCommandLine(args, options.commands ?? allCommands, options.fallback ?? runCommand, context);
  await context.terminal.flush();
  return { code, output: output.text, errors: errors.text };
}
