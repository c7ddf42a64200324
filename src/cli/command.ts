import type { Environment } from "../config/references.js";
import type { LibraryOutput } from "../monitoring/log/library-output.js";
import type { Clock } from "../util/clock.js";
import type { OptionSpecs, OptionValues, ParsedArguments } from "./options.js";
import type { Terminal } from "./terminal.js";

/** Exit statuses of `einwahl`; those above 60 are from sysexits.h. */
export const exitCodes = {
  ok: 0,
  /** The command ran with a negative result: `check` found an error, a call failed. */
  failed: 1,
  /** EX_USAGE: the command line is invalid. */
  usage: 64,
  /** EX_UNAVAILABLE: einwahl is not running, or a server does not respond. */
  unavailable: 69,
  /** EX_CONFIG: the configuration is invalid; a restart won't help. */
  configuration: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The signals that commands handle. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGUSR1";

/** The subset of standard input used here. */
export interface InputStream extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean;
  /** Only on a terminal: delivers single keys without echo. */
  setRawMode?(raw: boolean): unknown;
}

/** The external dependencies of commands, replaced in tests. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Standard input. */
  readonly input: InputStream;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Calls back for each signal; the returned function unsubscribes, which restores the signal's default action. */
  onSignal(signal: Signal, callback: () => void): () => void;
  /** Calls back for an uncaught exception; without a listener the exception ends the process. */
  onUncaught(callback: (error: unknown) => void): void;
  /** Calls back instead of printing for library output and Node warnings; the returned function unsubscribes. */
  onLibraryOutput(callback: (output: LibraryOutput) => void): () => void;
}

/** The texts for the help and the manual page. */
export interface CommandDescription {
  /** Such as `check` or `config init`. */
  readonly name: string;
  /** A few words for the list of commands. */
  readonly summary: string;
  /** The positional arguments, such as `[NUMBER]`; "" if none are allowed. */
  readonly positionals: string;
  /** Paragraphs of the description. */
  readonly details: readonly string[];
  readonly options: OptionSpecs;
  /** Complete, working command lines. */
  readonly examples: readonly string[];
}

/** The parsed arguments after the command's name. */
export interface Invocation<Specs extends OptionSpecs> {
  readonly options: OptionValues<Specs>;
  readonly positionals: readonly string[];
}

export interface Command extends CommandDescription {
  /** Resolves with the exit status. Rejects only on a bug. */
  readonly run: (parsed: ParsedArguments, context: CommandContext) => Promise<ExitCode>;
}

interface CommandSpec<Specs extends OptionSpecs> extends CommandDescription {
  readonly options: Specs;
  run(invocation: Invocation<Specs>, context: CommandContext): Promise<ExitCode>;
}

/**
 * A command whose `run` receives its own options, typed. Load heavy or command-specific modules
 * with `import()` inside `run`, to keep the server's start fast.
 */
export function command<const Specs extends OptionSpecs>(spec: CommandSpec<Specs>): Command {
  return {
    ...spec,
    // `parseOptions` returns a value of the right type for every option.
    run: ({ values, positionals }, context) =>
      spec.run({ options: values as OptionValues<Specs>, positionals }, context),
  };
}
