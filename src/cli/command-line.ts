import { closestTo } from "../config/fault.js";
import { packageVersion } from "../util/package-version.js";
import { type Command, type CommandContext, type ExitCode, exitCodes } from "./command.js";
import { commandHelp, overview } from "./help-text.js";
import { helpOption, parseOptions } from "./options.js";

/**
 * Finds and runs the command.
 *
 * @param args without the program's name
 * @param fallback runs if no command is given
 */
export async function runCommandLine(
  args: readonly string[],
  commands: readonly Command[],
  fallback: Command,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const [first] = args;
  if (first === "--version") return printVersion(context);
  if (first === "--help" || first === "-h") return printOverview(commands, context);
  if (first === undefined || first.startsWith("-")) return await runCommand(fallback, args, context);
  const found = find(args, commands);
  if (found !== undefined) return await runCommand(found.command, found.rest, context);
  switch (first) {
    case "help":
      return printHelp(args.slice(1), commands, context);
    case "version":
      return printVersion(context);
    default:
      terminal.note(unknownCommand(args, commands));
      return exitCodes.usage;
  }
}

/** Commands of two words, such as `config init`, take precedence. */
function find(
  args: readonly string[],
  commands: readonly Command[],
): { readonly command: Command; readonly rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(" ");
    const command = commands.find((each) => each.name === name && args.length >= words);
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  return undefined;
}

async function runCommand(command: Command, args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const parsed = parseOptions(args, { ...command.options, ...helpOption });
  if (!parsed.ok) return complain(parsed.failure, command, context);
  if (parsed.value.values["help"] === true) {
    terminal.print(commandHelp(command, terminal));
    return exitCodes.ok;
  }
  if (command.positionals === "" && parsed.value.positionals.length > 0)
    return complain("too many arguments", command, context);
  return await command.run(parsed.value, context);
}

function complain(what: string, command: Command, { terminal }: CommandContext): ExitCode {
  terminal.note(`einwahl ${command.name}: ${what}. See: einwahl help ${command.name}`);
  return exitCodes.usage;
}

function printHelp(words: readonly string[], commands: readonly Command[], context: CommandContext): ExitCode {
  const { terminal } = context;
  if (words.length === 0) return printOverview(commands, context);
  const found = find(words, commands);
  if (found !== undefined) {
    terminal.print(commandHelp(found.command, terminal));
    return exitCodes.ok;
  }
  terminal.note(unknownCommand(words, commands));
  return exitCodes.usage;
}

function printOverview(commands: readonly Command[], { terminal }: CommandContext): ExitCode {
  terminal.print(overview(commands, terminal));
  return exitCodes.ok;
}

function printVersion({ terminal }: CommandContext): ExitCode {
  terminal.print(packageVersion());
  return exitCodes.ok;
}

function unknownCommand(words: readonly string[], commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  const [first = ""] = words;
  const inner = names.filter((name) => name.startsWith(`${first} `));
  if (inner.length > 0) return `einwahl: "${first}" needs one more word: ${inner.join(", ")}`;
  const closest = closestTo(words.slice(0, 2).join(" "), names) ?? closestTo(first, names);
  return `einwahl: unknown command "${first.slice(0, 40)}"${closest === undefined ? "; see: einwahl help" : `; did you mean: einwahl ${closest}?`}`;
}
