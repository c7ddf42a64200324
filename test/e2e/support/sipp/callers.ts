import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Engines } from "../engines.js";
import type { Owner } from "../owner.js";
import { freePort, freePortsInARow } from "../ports.js";
import { dialled, pins } from "./installation.js";
import { callerScenario } from "./scenarios.js";
import { Sipp } from "./sipp.js";

export interface CallersOptions {
  readonly folder: string;
  readonly engines: Engines;
  /** The number of calls in all. */
  readonly calls: number;
  /** New calls per second. */
  readonly rate: number;
  /** From the last digit to the caller's BYE, in milliseconds. */
  readonly stayMs: number;
  /** Maximum number of concurrent calls. */
  readonly atOnce: number;
}

/** Callers of an `Installation`, each with its own number, spread over the conferences; ends with the last call. */
export async function startCallers(owner: Owner, options: CallersOptions): Promise<Sipp> {
  const { folder, engines, calls, rate, stayMs, atOnce } = options;
  const callers = join(folder, "callers.csv");
  const lines = Array.from({ length: calls }, (_, index) =>
    [`+491522${String(index).padStart(7, "0")}`, ...Array.from(pins[index % pins.length] ?? "")].join(";"),
  );
  await writeFile(callers, ["SEQUENTIAL", ...lines, ""].join("\n"));
  return await Sipp.start(owner, {
    name: "caller",
    folder,
    scenario: callerScenario(pins[0]?.length ?? 0, stayMs),
    port: await freePort(),
    mediaPort: await freePortsInARow(4),
    controlPort: await freePort(),
    args: [
      ...["-s", dialled, "-inf", callers, "-m", String(calls), "-r", String(rate), "-l", String(atOnce)],
      `127.0.0.1:${engines.sip.udp}`,
    ],
  });
}
