import { type CommandDescription, exitCodes } from "./command.js";
import { optionSynopsis } from "./help-text.js";
import { helpOption } from "./options.js";

const statuses: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: "Success.",
  failed: "The command ran with a negative result: check found an error, a call failed.",
  usage: "The command line is invalid.",
  unavailable: "einwahl is not running, or a server does not respond.",
  configuration: "The configuration is invalid; a restart won't help.",
};

const environment: readonly (readonly [name: string, meaning: string])[] = [
  ["EINWAHL_CONFIG", "The configuration file, if --config is not given."],
  ["EINWAHL_TRUNK_PASSWORD, EINWAHL_BBB_SECRET", "Answers for config init."],
  ["NO_COLOR", "Disables colours on a terminal."],
];

const files: readonly (readonly [path: string, meaning: string])[] = [
  [
    "config/einwahl.yaml, /etc/einwahl/einwahl.yaml",
    "The configuration: the first of these files that exists, if neither --config nor EINWAHL_CONFIG is set.",
  ],
];

const signals: readonly (readonly [name: string, meaning: string])[] = [
  ["SIGHUP", "Reloads the configuration; calls continue. An invalid file changes nothing."],
  [
    "SIGTERM",
    "Exits within six seconds and ends no call: the next start, or another instance that shares the Redis, takes the calls over. Until then callers outside a conference hear music, for a minute at most.",
  ],
  [
    "SIGINT, SIGTERM after einwahl drain",
    "Accepts no new calls; current calls may continue for five minutes. A second signal ends them immediately.",
  ],
];

/** The manual page in man(7) macros, from the same texts as the help. */
export function manualPage(commands: readonly CommandDescription[], version: string): string {
  return [
    '.\\" Made by: npm run man',
    `.TH EINWAHL 1 "" "einwahl ${version}" "einwahl"`,
    ".SH NAME",
    "einwahl \\- telephone dial-in for BigBlueButton clusters",
    ".SH SYNOPSIS",
    ".B einwahl",
    '.RI [ COMMAND "] [" OPTIONS ]',
    ".SH DESCRIPTION",
    text(
      "A caller dials one number, types the PIN of a conference and joins it, whichever server it runs on. Without a command einwahl runs the server.",
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

/** Escapes backslashes, a leading dot or quote, and hyphens, which groff interprets. */
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
