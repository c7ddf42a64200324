import type { CommandDescription } from "./command.js";
import { exitCodes } from "./exit-code.js";
import { optionSynopsis } from "./help-text.js";
import { helpOption } from "./options.js";

const statuses: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: "It was done, and it came out well.",
  failed: "It was done, and it did not come out well: check found an error, a call failed.",
  usage: "The command line makes no sense.",
  unavailable: "Nobody runs to ask, or a server does not answer.",
  configuration: "The configuration has faults. A supervisor need not try again.",
};

const environment: readonly (readonly [name: string, meaning: string])[] = [
  ["EINWAHL_CONFIG", "The configuration, where --config names none."],
  ["EINWAHL_TRUNK_PASSWORD, EINWAHL_BBB_SECRET", "What config init need not ask."],
  ["NO_COLOR", "No colours on a terminal."],
];

const files: readonly (readonly [path: string, meaning: string])[] = [
  [
    "config/einwahl.yaml, /etc/einwahl/einwahl.yaml",
    "The configuration: the first of these that is there, where neither --config nor EINWAHL_CONFIG names another one.",
  ],
];

const signals: readonly (readonly [name: string, meaning: string])[] = [
  ["SIGHUP", "Reads the configuration again; calls go on. A file with faults changes nothing."],
  [
    "SIGTERM, SIGINT",
    "Takes no new calls; those that are up may go on for five minutes. A second signal ends them at once.",
  ],
];

/** The manual page, in the macros of man(7), from what the help is made of. */
export function manualPage(commands: readonly CommandDescription[], version: string): string {
  return [
    '.\\" Made by: npm run man',
    `.TH EINWAHL 1 "" "einwahl ${version}" "einwahl"`,
    ".SH NAME",
    "einwahl \\- the telephone door of BigBlueButton clusters",
    ".SH SYNOPSIS",
    ".B einwahl",
    '.RI [ COMMAND "] [" OPTIONS ]',
    ".SH DESCRIPTION",
    text(
      "A caller dials one number, types the PIN of a conference and is in it, on whichever server it runs. Without a command einwahl runs the server.",
    ),
    ".SH COMMANDS",
    ...commands.flatMap(commandLines),
    ".SH EXIT STATUS",
    ...Object.entries(exitCodes).flatMap(([name, code]) =>
      item(String(code), statuses[name as keyof typeof exitCodes]),
    ),
    ".SH ENVIRONMENT",
    ...environment.flatMap(([name, meaning]) => item(name, meaning)),
    ".SH FILES",
    ...files.flatMap(([path, meaning]) => item(path, meaning)),
    ".SH SIGNALS",
    text("To a running server:"),
    ...signals.flatMap(([name, meaning]) => item(name, meaning)),
    "",
  ].join("\n");
}

function commandLines({
  name,
  summary,
  positionals,
  details,
  options,
  examples,
}: CommandDescription): readonly string[] {
  return [
    `.SS ${quoted(["einwahl", name, ...(positionals === "" ? [] : [positionals]), "[OPTIONS]"].join(" "))}`,
    text(`${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`),
    ...details.flatMap((paragraph) => [".PP", text(paragraph)]),
    ...Object.entries({ ...options, ...helpOption }).flatMap(([option, spec]) =>
      item(optionSynopsis(option, spec), spec.summary),
    ),
    ...(examples.length === 0
      ? []
      : [
          ".PP",
          examples.length === 1 ? "Example:" : "Examples:",
          ".PP",
          ".nf",
          ".RS",
          ...examples.map(text),
          ".RE",
          ".fi",
        ]),
  ];
}

function item(tag: string, meaning: string): readonly string[] {
  return [".TP", `.B ${text(tag)}`, text(meaning)];
}

/** A text as it is: groff takes backslashes, a leading dot or quote, and the hyphen for something of its own. */
function text(plain: string): string {
  const escaped = plain
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga");
  return escaped.startsWith(".") ? `\\&${escaped}` : escaped;
}

/** One argument of a macro. */
function quoted(plain: string): string {
  return `"${text(plain).replaceAll('"', "\\(dq")}"`;
}
