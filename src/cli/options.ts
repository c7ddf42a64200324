import { parseArgs, type ParseArgsConfig } from "node:util";

import { closestTo } from "../config/fault.js";
import { failure, type Result, success } from "../util/result.js";

/** An option of a command. */
export interface OptionSpec {
  /** `flag`: no value. `text`: one value. `list`: one value, repeatable. */
  readonly kind: "flag" | "text" | "list";
  /** One letter. */
  readonly short?: string;
  /** The value's placeholder in the help, such as `FILE`; not for flags. */
  readonly value?: string;
  /** One line for the help. */
  readonly summary: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<Spec extends OptionSpec> = Spec["kind"] extends "flag"
  ? boolean
  : Spec["kind"] extends "list"
    ? readonly string[]
    : string | undefined;

/** The values of options, by name. */
export type OptionValues<Specs extends OptionSpecs> = { readonly [Name in keyof Specs]: ValueOf<Specs[Name]> };

/** Options shared by several commands. */
export const commonOptions = {
  config: {
    kind: "text",
    short: "c",
    value: "FILE",
    summary: "the configuration [EINWAHL_CONFIG, config/einwahl.yaml]",
  },
  socket: {
    kind: "text",
    short: "s",
    value: "PATH",
    summary: "its control socket; default control.socket of the file",
  },
  json: { kind: "flag", summary: "print one JSON object and nothing else" },
} as const satisfies OptionSpecs;

/** An option of every command. */
export const helpOption = {
  help: { kind: "flag", short: "h", summary: "show this help" },
} as const satisfies OptionSpecs;

/** The parsed arguments: every option with a value of its type. */
export interface ParsedArguments {
  readonly values: Readonly<Record<string, boolean | string | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
}

/** Parses arguments; the failure is a sentence for the user. It never contains a value, which may be a secret. */
export function parseOptions(args: readonly string[], specs: OptionSpecs): Result<ParsedArguments, string> {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { kind, short }] of Object.entries(specs)) {
    options[name] = {
      type: kind === "flag" ? "boolean" : "string",
      multiple: kind === "list",
      ...(short !== undefined && { short }),
    };
  }
  const { tokens, positionals, values } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const spec = specs[token.name];
    if (spec === undefined) return failure(unknownOption(token.rawName, specs));
    if (spec.kind === "flag" && token.value !== undefined) return failure(`${token.rawName} takes no value`);
    if (spec.kind !== "flag" && (token.value === undefined || (!token.inlineValue && token.value.startsWith("-"))))
      return failure(`${token.rawName} needs a value: ${token.rawName} ${spec.value ?? "VALUE"}`);
  }
  return success({ positionals, values: { ...defaultsOf(specs), ...plain(values) } });
}

function unknownOption(rawName: string, specs: OptionSpecs): string {
  const name = rawName.replace(/^-+/, "");
  const closest = closestTo(name, Object.keys(specs));
  return `unknown option ${rawName.slice(0, 40)}${closest === undefined ? "" : `; did you mean --${closest}?`}`;
}

function defaultsOf(specs: OptionSpecs): ParsedArguments["values"] {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { kind }]) => [name, kind === "flag" ? false : kind === "list" ? [] : undefined]),
  );
}

function plain(
  values: Readonly<Record<string, boolean | string | (boolean | string)[] | undefined>>,
): ParsedArguments["values"] {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : value]),
  );
}
