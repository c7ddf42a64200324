import { parseArgs } from "node:util";

import { failure, type Result, success } from "../../../src/util/result.js";

export type Way = "recipe" | "einwahl";
export type Media = "plain" | "srtp";

export interface Options {
  readonly ways: readonly Way[];
  readonly media: readonly Media[];
  /** Calls a second, in ascending order; empty: no such series. */
  readonly rates: readonly number[];
  /** Numbers of held calls, in ascending order; empty: no such series. */
  readonly held: readonly number[];
  /** Length of each measurement. */
  readonly seconds: number;
  readonly runs: number;
  /** Folder of the results. */
  readonly out: string;
  /** append: the runs are added to those that the folder has. */
  readonly write: "append" | "replace";
}

/** What the command line asks for: a run, a comparison of two earlier ones, or the help text. */
export type Task =
  | { readonly kind: "run"; readonly options: Options }
  | { readonly kind: "compare"; readonly before: string; readonly after: string }
  | { readonly kind: "help" };

export const defaults: Options = {
  ways: ["recipe", "einwahl"],
  media: ["plain"],
  rates: [5, 10, 20, 30, 40, 60],
  held: [10, 50, 100, 200],
  seconds: 60,
  runs: 3,
  out: "dist/bench-calls",
  write: "replace",
};

export const help = `npm run bench:calls -- [options]
  --only recipe|einwahl       one of the two ways only
  --srtp                      TLS and SRTP on both legs; with --both also without
  --both                      plain RTP, then SRTP
  --rates 5,10,20             new calls a second; none: no such series
  --held 10,50,100,200        calls held at a time; none: no such series
  --seconds 60                length of each measurement
  --runs 3                    runs of everything, for the spread
  --out DIR                   folder for result.json, result.md and plots (default ${defaults.out})
  --append                    add the runs to those in that folder
  --compare BEFORE AFTER      two result.json as a table; measures nothing
`;

/** @returns a failure text for the person at the command line */
export function readOptions(args: readonly string[]): Result<Task, string> {
  const parsed = parse(args);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values.help === true) return success({ kind: "help" });
  if (values.compare !== undefined) {
    const [after, ...more] = positionals;
    if (after === undefined || more.length > 0) return failure("--compare needs two files");
    return success({ kind: "compare", before: values.compare, after });
  }
  const [stray] = positionals;
  if (stray !== undefined) return failure(`unknown argument: ${stray}`);
  const only = values.only;
  if (only !== undefined && only !== "recipe" && only !== "einwahl") return failure("--only takes recipe or einwahl");
  const rates = numbers("--rates", values.rates, defaults.rates);
  if (!rates.ok) return rates;
  const held = numbers("--held", values.held, defaults.held);
  if (!held.ok) return held;
  const seconds = number("--seconds", values.seconds, defaults.seconds);
  if (!seconds.ok) return seconds;
  const runs = number("--runs", values.runs, defaults.runs);
  if (!runs.ok) return runs;
  const media: readonly Media[] =
    values.both === true ? ["plain", "srtp"] : values.srtp === true ? ["srtp"] : defaults.media;
  return success({
    kind: "run",
    options: {
      ways: only === undefined ? defaults.ways : [only],
      media,
      rates: rates.value,
      held: held.value,
      seconds: seconds.value,
      runs: runs.value,
      out: values.out ?? defaults.out,
      write: values.append === true ? "append" : "replace",
    },
  });
}

interface Values {
  readonly only?: string;
  readonly srtp?: boolean;
  readonly both?: boolean;
  readonly rates?: string;
  readonly held?: string;
  readonly seconds?: string;
  readonly runs?: string;
  readonly out?: string;
  readonly append?: boolean;
  readonly compare?: string;
  readonly help?: boolean;
}

function parse(
  args: readonly string[],
): Result<{ readonly values: Values; readonly positionals: readonly string[] }, string> {
  try {
    return success(
      parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          only: { type: "string" },
          srtp: { type: "boolean" },
          both: { type: "boolean" },
          rates: { type: "string" },
          held: { type: "string" },
          seconds: { type: "string" },
          runs: { type: "string" },
          out: { type: "string" },
          append: { type: "boolean" },
          compare: { type: "string" },
          help: { type: "boolean", short: "h" },
        },
      }),
    );
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
}

function number(name: string, text: string | undefined, otherwise: number): Result<number, string> {
  if (text === undefined) return success(otherwise);
  const value = wholeNumber(text);
  return value === undefined ? failure(`${name} takes a whole number from 1`) : success(value);
}

function numbers(
  name: string,
  text: string | undefined,
  otherwise: readonly number[],
): Result<readonly number[], string> {
  if (text === undefined) return success(otherwise);
  if (text === "none") return success([]);
  const found = new Set<number>();
  for (const each of text.split(",")) {
    const value = wholeNumber(each.trim());
    if (value === undefined) return failure(`${name} takes whole numbers from 1, with commas between them`);
    found.add(value);
  }
  return success([...found].sort((left, right) => left - right));
}

/** 1 to 99999. */
function wholeNumber(text: string): number | undefined {
  return /^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined;
}
