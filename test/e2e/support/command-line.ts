import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import { inTime } from "../../support/deadline.js";
import type { Owner } from "./owner.js";
import { Program } from "./program.js";

const main = join(fileURLToPath(new URL("../../../", import.meta.url)), "src", "main.js");

/** The built `einwahl`, in a separate process. */
export class CommandLine {
  readonly program: Program;

  /**
   * @param env additional environment variables
   * @param within the beginning of the command line: a program that starts `einwahl` in its place
   */
  constructor(
    owner: Owner,
    args: readonly string[],
    cwd: string,
    env: Readonly<Record<string, string>> = {},
    within: readonly string[] = [],
  ) {
    const [program, ...all] = [...within, process.execPath, "--enable-source-maps", main, ...args];
    this.program = new Program(program ?? process.execPath, all, { cwd, env });
    owner.teardown(async () => {
      await this.program.stop();
    });
  }

  /** Its exit status, and all printed lines. */
  async outcome(ms = 120_000): Promise<{ readonly code: string; readonly lines: readonly string[] }> {
    const code = await inTime("the command ends", this.program.gone, ms, () => this.program.tail());
    return { code, lines: this.program.lines.past };
  }
}

/** The object that `--json` prints; throws if anything else was printed. */
export function onlyJson(lines: readonly string[]): Readonly<Record<string, unknown>> {
  const [line, ...more] = lines;
  if (line === undefined || more.length > 0) throw new Error(`not one line of JSON:\n${lines.join("\n")}`);
  return JSON.parse(line) as Readonly<Record<string, unknown>>;
}
