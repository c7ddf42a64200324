import type { Certificates } from "../../../../src/simulators/certificates.js";
import type { Engines } from "../engines.js";

/** SIGKILL: it dies without a word. SIGTERM: it is stopped, as by an update. */
export type EndSignal = "SIGKILL" | "SIGTERM";

/** A part of the installation that a test ends and starts again, on the same ports. */
export interface Part {
  readonly name: string;
  /** Resolves when it has ended. */
  end(signal: EndSignal): Promise<void>;
  /** Resolves when it is ready again. */
  start(): Promise<void>;
}

export interface MediaPart extends Part {
  readonly eventSocket: Engines["eventSocket"];
}

/** drachtio and one or more media servers, each in a process of its own. */
export interface PartEngines extends Engines {
  readonly drachtio: Part;
  readonly media: readonly MediaPart[];
  /** Where they write files. */
  readonly folders: readonly string[];
}

/** The simulators; with EINWAHL_TEST_ENGINES=real drachtio-server and FreeSWITCH from the PATH. */
export async function startPartEngines(
  certificates: Certificates,
  soundsDirectory: string,
  mediaServers: number,
): Promise<PartEngines> {
  if (process.env["EINWAHL_TEST_ENGINES"] === "real") {
    const { startRealParts } = await import("../../../engines/real-parts.js");
    return await startRealParts(certificates, soundsDirectory, mediaServers);
  }
  const { startSimulatedParts } = await import("./simulated-parts.js");
  return await startSimulatedParts(certificates, soundsDirectory, mediaServers);
}

/** The sum of the counts of several engines; those that don't run count nothing. */
export async function countsOf(
  engines: readonly { readonly isRunning: boolean; counts(): Promise<Readonly<Record<string, number>>> }[],
): Promise<Readonly<Record<string, number>>> {
  const sum: Record<string, number> = {};
  for (const engine of engines) {
    if (!engine.isRunning) continue;
    for (const [name, count] of Object.entries(await engine.counts())) sum[name] = (sum[name] ?? 0) + count;
  }
  return sum;
}
