import { parseArgs } from "node:util";

import { failure, type Result, success } from "../../../src/util/result.js";

export const usage = `npm run bench:soak -- [--calls N] [--rate N] [--out DIR] [--rate-file FILE] [--snapshots]

  --calls N         how many calls in all; default 100000
  --rate N          calls per second; default 20
  --out DIR         where soak.json and soak.svg are written; default var/soak
  --rate-file FILE  another rate, read again all the time; 0: no new calls, for other measurements on the machine
  --snapshots       heap snapshots after the first calls and at the end; they raise the resident memory
`;

export interface SoakOptions {
  readonly calls: number;
  /** Per second. */
  readonly rate: number;
  readonly out: string;
  readonly rateFile: string | undefined;
  readonly snapshots: boolean;
}

/** Above that, `warmUpCalls` and later samples can't be told apart. */
const leastCalls = 100;

/** The failure is a text for the user. */
export function readOptions(args: readonly string[]): Result<SoakOptions, string> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        calls: { type: "string", default: "100000" },
        rate: { type: "string", default: "20" },
        out: { type: "string", default: "var/soak" },
        "rate-file": { type: "string" },
        snapshots: { type: "boolean", default: false },
      },
    });
    const calls = Number(values.calls);
    const rate = Number(values.rate);
    if (!Number.isInteger(calls) || calls < leastCalls) return failure(`--calls must be at least ${leastCalls}`);
    if (!(rate > 0 && rate <= 1_000)) return failure("--rate must be more than 0 and at most 1000");
    return success({ calls, rate, out: values.out, rateFile: values["rate-file"], snapshots: values.snapshots });
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
}
