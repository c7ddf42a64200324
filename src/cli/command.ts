import type { Environment } from "../config/references.js";
import type { LibraryOutput } from "../monitoring/log/library-output.js";
import type { Clock } from "../util/clock.js";
import type { ExitCode } from "./exit-code.js";
import type { InputStream } from "./input-stream.js";
import type { OptionSpecs, OptionValues, ParsedArguments } from "./options.js";
import type { Terminal } from "./terminal.js";

/** The signals of the system that commands deal with. */
export type Signal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGUSR1";

/** What commands have to do with the world; a test brings its own. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Standard input. */
  readonly input: InputStream;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Calls back each time the signal comes; the returned function stops that, and the signal does again what it does by itself. */
  onSignal(signal: Signal, callback: () => void): () => void;
  /** Calls back when a bug has thrown where nobody catches it; without a listener it ends the process. */
  onUncaught(callback: (error: unknown) => void): void;
  /** Calls back instead of printing when a library prints something or Node warns; the returned function stops that. */
  onLibraryOutput(callback: (output: LibraryOutput) => void): () => void;
}

/** What stands in the help and in the manual page. */
export interface CommandDescription {
  /** As it is typed, such as `check` or `config init`. */
  readonly name: string;
  /** A few words for the list of commands. */
  readonly summary: string;
  /** What comes after the name and is no option, such as `[NUMBER]`; "" when nothing may. */
  readonly positionals: string;
  /** Sentences on what it does, one paragraph for each. */
  readonly details: readonly string[];
  readonly options: OptionSpecs;
  /** Whole command lines that work. */
  readonly examples: readonly string[];
}

/** What was typed after the command's name. */
export interface Invocation<Specs extends OptionSpecs> {
  readonly options: OptionValues<Specs>;
  readonly positionals: readonly string[];
}

export interface Command extends CommandDescription {
  /** Does it; resolves with how the process is to end. Rejects for a bug only. */
  readonly run: (parsed: ParsedArguments, context: CommandContext) => Promise<ExitCode>;
}

interface CommandSpec<Specs extends OptionSpecs> extends CommandDescription {
  readonly options: Specs;
  run(invocation: Invocation<Specs>, context: CommandContext): Promise<ExitCode>;
}

/**
 * A command whose `run` sees its own options, typed. Whatever is heavy to load, or is only for this command, belongs
 * behind an `import()` inside `run`: the server starts from the same program.
 */
export function command<const Specs extends OptionSpecs>(spec: CommandSpec<Specs>): Command {
  return {
    ...spec,
    // `parseOptions` gives every option of the specification a value of its kind.
    run: ({ values, positionals }, context) =>
      spec.run({ options: values as OptionValues<Specs>, positionals }, context),
  };
}
