import type { CommandDescription } from "./command.js";
import { helpOption, type OptionSpecs } from "./options.js";
import type { Terminal } from "./terminal.js";

/** The help of all commands; fits a screen of 80 by 24. */
export function overview(commands: readonly CommandDescription[], terminal: Terminal): string {
  const width = widest(commands.map(({ name }) => name));
  return [
    "einwahl: telephone dial-in for BigBlueButton clusters",
    "",
    terminal.style("heading", "usage") + "  einwahl [COMMAND] [OPTIONS]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "Without a command it runs the server. See also: einwahl help COMMAND",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(description: CommandDescription, terminal: Terminal): string {
  const { name, positionals, details, options, examples } = description;
  const usage = ["einwahl", name, ...(positionals === "" ? [] : [positionals]), "[OPTIONS]"].join(" ");
  const columns = Math.min(terminal.columns, 100);
  return [
    `${terminal.style("heading", "usage")}  ${usage}`,
    ...details.flatMap((paragraph) => ["", ...wrap(paragraph, columns)]),
    "",
    ...optionLines({ ...options, ...helpOption }),
    ...(examples.length === 0
      ? []
      : ["", terminal.style("heading", "examples"), ...examples.map((example) => `  ${example}`)]),
  ].join("\n");
}

function optionLines(options: OptionSpecs): readonly string[] {
  const names = Object.entries(options).map(([name, spec]) => ({
    synopsis: optionSynopsis(name, spec),
    summary: spec.summary,
  }));
  const width = widest(names.map(({ synopsis }) => synopsis));
  return names.map(({ synopsis, summary }) => `  ${synopsis.padEnd(width)}  ${summary}`);
}

/** `-c, --config FILE`. */
export function optionSynopsis(name: string, { short, value }: OptionSpecs[string]): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

/** Wraps a text at spaces to lines of at most `columns` characters. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}
