import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { freePort, freePortsInARow } from "../../e2e/support/ports.js";
import { Program } from "../../e2e/support/program.js";
import { callAudio } from "../calls/capture-file.js";
import { callerList, dialled, pins } from "../calls/numbers.js";
import { echoScenario, floodScenario } from "./flood-scenario.js";

const host = "127.0.0.1";
const firstDigitMs = 1_500;
/** sipp binds the audio port and the one two above it. */
const mediaPorts = 3;
/**
 * The load generator shares the machine with what is measured: it gets only the CPU that these leave. nice adds to this
 * process' own priority, and stops at 19.
 */
const lowest = ["-n", "40"];
/** A caller's audio after the last digit, milliseconds; more would use sipp's CPU, which counts as busy. */
const afterDigitsMs = 200;

/** Milliseconds since 1970 of one call of the flood. */
export interface FloodCall {
  readonly invited: number;
  readonly answered: number | undefined;
  readonly refused: number | undefined;
  /** Seconds of Retry-After in the 503. */
  readonly retryAfter: number | undefined;
}

/** sipp's process that echoes the audio of the flood's calls. */
export async function startEcho(folder: string): Promise<{ readonly port: number; readonly program: Program }> {
  await writeFile(join(folder, "echo.xml"), echoScenario);
  const port = await freePortsInARow(mediaPorts);
  const args = ["-sf", "echo.xml", "-i", host, "-mi", host, "-p", String(await freePort()), "-nostdin"];
  const program = new Program("nice", [...lowest, "sipp", ...args, "-mp", String(port), "-rtp_echo"], { cwd: folder });
  return { port, program };
}

/** Callers beyond what the machine can do: sipp. */
export class Flood {
  readonly #program: Program;
  readonly #folder: string;

  private constructor(program: Program, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /** @param port the SIP port that they call, UDP. @param rate calls a second. @param talkMs from the answer to BYE */
  static async start(
    folder: string,
    port: number,
    { rate, seconds, talkMs }: { readonly rate: number; readonly seconds: number; readonly talkMs: number },
  ): Promise<Flood> {
    const calls = rate * seconds;
    const { lastDigitMs } = callAudio(pins[0], firstDigitMs, 0);
    await writeFile(join(folder, "flood.pcap"), callAudio(pins[0], firstDigitMs, lastDigitMs + afterDigitsMs).file);
    await writeFile(join(folder, "flood.xml"), floodScenario({ capture: "flood.pcap", talkMs }));
    await writeFile(join(folder, "flood.csv"), callerList(calls));
    const [own, media] = [await freePort(), await freePortsInARow(mediaPorts)];
    const args = [
      ...[`${host}:${port}`, "-sf", "flood.xml", "-s", dialled, "-inf", "flood.csv"],
      ...["-i", host, "-mi", host, "-p", String(own), "-mp", String(media), "-nostdin"],
      ...["-m", String(calls), "-r", String(rate), "-l", String(calls)],
      ...["-trace_logs", "-log_file", "flood.log", "-trace_err", "-error_file", "flood.err"],
    ];
    return new Flood(new Program("nice", [...lowest, "sipp", ...args], { cwd: folder }), folder);
  }

  get calls(): readonly FloodCall[] {
    const file = join(this.#folder, "flood.log");
    return readFlood(existsSync(file) ? readFileSync(file, "utf8") : "");
  }

  async stop(): Promise<void> {
    await this.#program.stop("SIGKILL");
  }
}

/** @param log sipp's log of the flood's scenario */
export function readFlood(log: string): readonly FloodCall[] {
  const calls = new Map<string, { -readonly [Key in keyof FloodCall]: FloodCall[Key] }>();
  for (const line of log.split("\n")) {
    const [event = "", number = "", ...rest] = line.split("|");
    const at = Number(line.split("\t").at(-1)) * 1_000;
    if (!Number.isFinite(at) || number === "") continue;
    const call = calls.get(number) ?? { invited: at, answered: undefined, refused: undefined, retryAfter: undefined };
    calls.set(number, call);
    if (event === "answered") call.answered = at;
    if (event === "refused") {
      call.refused = at;
      const seconds = Number.parseInt(rest[0]?.trim() ?? "", 10);
      call.retryAfter = Number.isNaN(seconds) ? undefined : seconds;
    }
  }
  return [...calls.values()];
}
