import { createSocket } from "node:dgram";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Owner } from "../owner.js";
import { Program } from "../program.js";

const host = "127.0.0.1";
/** Calls that FreeSWITCH or einwahl lost must not stay in sipp. */
const receiveTimeoutMs = 20_000;

export interface SippOptions {
  readonly name: string;
  readonly folder: string;
  readonly scenario: string;
  readonly port: number;
  readonly mediaPort: number;
  readonly controlPort: number;
  readonly args: readonly string[];
}

/** The counts of a scenario's calls so far. */
export interface SippCounts {
  readonly created: number;
  readonly successful: number;
  readonly failed: number;
  readonly current: number;
}

/** One running sipp (Debian's sip-tester 3.6) on loopback, over UDP. */
export class Sipp {
  readonly program: Program;
  readonly #statistics: string;
  readonly #controlPort: number;
  #flow: "running" | "paused" = "running";
  #rate = 0;

  private constructor(program: Program, statistics: string, controlPort: number) {
    this.program = program;
    this.#statistics = statistics;
    this.#controlPort = controlPort;
  }

  static async start(owner: Owner, options: SippOptions): Promise<Sipp> {
    const { name, folder, port, mediaPort, controlPort } = options;
    const scenario = join(folder, `${name}.xml`);
    const statistics = join(folder, `${name}.csv`);
    await writeFile(scenario, options.scenario);
    const program = new Program(
      "sipp",
      [
        ...["-sf", scenario, "-i", host, "-p", String(port), "-mp", String(mediaPort), "-cp", String(controlPort)],
        ...["-t", "u1", "-nostdin", "-recv_timeout", String(receiveTimeoutMs)],
        // Statistics once a second, in a file; the screen shows the same once an hour. -aa: answers OPTIONS (LineWatch).
        ...["-trace_stat", "-stf", statistics, "-fd", "1", "-f", "3600", "-trace_err", "-aa"],
        ...["-error_file", join(folder, `${name}-errors.log`)],
        ...options.args,
      ],
      { cwd: folder },
    );
    owner.teardown(async () => {
      await program.stop("SIGKILL");
    });
    return new Sipp(program, statistics, controlPort);
  }

  /** Changes the new calls per second; 0: none for now. Calls in progress go on. */
  async setRate(rate: number): Promise<void> {
    const flow = rate === 0 ? "paused" : "running";
    // sipp's key p pauses and resumes.
    if (flow !== this.#flow) await this.#command("p");
    this.#flow = flow;
    if (rate > 0 && rate !== this.#rate) await this.#command(`cset rate ${rate}\n`);
    if (rate > 0) this.#rate = rate;
  }

  /** As of the last second; all 0 before that. */
  async counts(): Promise<SippCounts> {
    return readCounts(await readFile(this.#statistics, "utf8").catch(() => ""));
  }

  async #command(text: string): Promise<void> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve, reject) => {
      socket.send(text, this.#controlPort, host, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    }).finally(() => socket.close());
  }
}

/** @param csv sipp's statistics, semicolons between the columns; the last line counts */
export function readCounts(csv: string): SippCounts {
  const lines = csv.trim().split("\n");
  const names = lines[0]?.split(";") ?? [];
  const values = lines.length > 1 ? (lines.at(-1)?.split(";") ?? []) : [];
  const count = (name: string): number => Number(values[names.indexOf(name)] ?? "0");
  return {
    created: count("TotalCallCreated"),
    successful: count("SuccessfulCall(C)"),
    failed: count("FailedCall(C)"),
    current: count("CurrentCall"),
  };
}
