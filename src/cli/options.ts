import { parseArgs, type ParseArgsConfig } from "node:util";

import { closestTo } from "../config/fault.js";
import { failure, type Result, success } from "../util/result.js";

/** An option of a command. */
export interface OptionSpec {
  /** `flag`: there or not. `text`: has a value. `list`: has a value, and may be given several times. */
  readonly kind: "flag" | "text" | "list";
  /** One letter. */
  readonly short?: string;
  /** The name of the value in the help, such as `FILE`; not for flags. */
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

/** Options that several commands have, each in the same words. */
export const commonOptions = {
  config: {
    kind: "text",
    short: "c",
    value: "FILE",
    summary: "the configuration [EINWAHL_CONFIG, config/einwahl.yaml]",
  },
  socket: { kind: "text", short: "s", value: "PATH", summary: "its control socket; else control.socket of the file" },
  json: { kind: "flag", summary: "print one JSON object and nothing else" },
} as const satisfies OptionSpecs;

/** Every command has it. */
export const helpOption = {
  help: { kind: "flag", short: "h", summary: "show this help" },
} as const satisfies OptionSpecs;

/** What was typed, every option with a value of its kind. */
export interface ParsedArguments {
  readonly values: Readonly<Record<string, boolean | string | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
}

/** Reads arguments; the failure is a sentence for the one who typed them. It never repeats a value, which may be a secret. */
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
  return `there is no option ${rawName.slice(0, 40)}${closest === undefined ? "" : `; did you mean --${closest}?`}`;
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
