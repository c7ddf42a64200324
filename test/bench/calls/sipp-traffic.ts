import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { freePort, freePortsInARow } from "../../e2e/support/ports.js";
import { Program } from "../../e2e/support/program.js";
import { inTime } from "../../support/deadline.js";
import { type CallTimes, readCalls } from "./call-times.js";
import { callAudio } from "./capture-file.js";
import { callerList, dialled, pins } from "./numbers.js";
import { callerScenario, nodeScenario } from "./sipp-scenario.js";
import { type CallLoad, firstDigitMs, type RunningTraffic, type Traffic } from "./traffic.js";

const host = "127.0.0.1";
/** sipp binds the audio port and the one two above it. */
const mediaPorts = 3;
/** After the last BYE: retransmissions of lost calls. */
const drainMs = 40_000;
const bindWithinMs = 5_000;
const lookEveryMs = 100;

/** Plain RTP: sipp calls, and another sipp answers and echoes. */
export async function sippTraffic(): Promise<Traffic> {
  const nodePort = await freePort();
  return {
    nodePort,
    start: async (port, load) => await SippTraffic.start(nodePort, port, load),
    close: () => Promise.resolve(),
  };
}

class SippTraffic implements RunningTraffic {
  readonly lastDigitMs: number;
  readonly #folder: string;
  readonly #node: Program;
  readonly #callers: Program;
  readonly #deadlineMs: number;

  private constructor(
    folder: string,
    programs: { readonly node: Program; readonly callers: Program },
    lastDigitMs: number,
    deadlineMs: number,
  ) {
    this.#folder = folder;
    this.#node = programs.node;
    this.#callers = programs.callers;
    this.lastDigitMs = lastDigitMs;
    this.#deadlineMs = deadlineMs;
  }

  static async start(nodePort: number, port: number, load: CallLoad): Promise<SippTraffic> {
    const folder = await mkdtemp(join(tmpdir(), "einwahl-calls-"));
    await writeFile(join(folder, "node.xml"), nodeScenario);
    const node = new Program(
      "sipp",
      ["-sf", "node.xml", "-p", String(nodePort), ...(await common("node")), "-rtp_echo"],
      { cwd: folder },
    );
    try {
      await untilBound(node, nodePort);
      const { lastDigitMs } = callAudio(pins[0], firstDigitMs, 0);
      const talkMs = lastDigitMs + load.talkMs;
      await writeCaller(folder, load.calls, talkMs);
      const callers = new Program(
        "sipp",
        [
          ...[`${host}:${port}`, "-sf", "caller.xml", "-s", dialled, "-inf", "callers.csv"],
          ...["-p", String(await freePort()), ...(await common("caller"))],
          ...["-m", String(load.calls), "-r", String(load.rate), "-l", String(load.calls)],
        ],
        { cwd: folder },
      );
      const deadlineMs = (load.calls / load.rate) * 1_000 + talkMs + drainMs;
      return new SippTraffic(folder, { node, callers }, lastDigitMs, deadlineMs);
    } catch (error) {
      await node.stop("SIGKILL");
      throw error;
    }
  }

  calls(): readonly CallTimes[] {
    return readCalls(this.#read("caller.log"), this.#read("node.log"));
  }

  faults(): Readonly<Record<string, number>> {
    return faultsOf(this.#read("caller.err"));
  }

  async done(): Promise<void> {
    await inTime("sipp ends", this.#callers.gone, this.#deadlineMs, () => this.#callers.tail(5));
  }

  async stop(): Promise<void> {
    await this.#callers.stop("SIGKILL");
    await this.#node.stop("SIGKILL");
    await rm(this.#folder, { recursive: true, force: true });
  }

  #read(name: string): string {
    const file = join(this.#folder, name);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }
}

/** The responses that the callers did not expect. @param errors sipp's -trace_err */
export function faultsOf(errors: string): Readonly<Record<string, number>> {
  const faults: Record<string, number> = {};
  for (const [, status = ""] of errors.matchAll(/received 'SIP\/2\.0 (\d{3})/g))
    faults[`response ${status}`] = (faults[`response ${status}`] ?? 0) + 1;
  return faults;
}

async function writeCaller(folder: string, calls: number, talkMs: number): Promise<void> {
  const captures = new Map<string, string>();
  for (const pin of pins) {
    const file = `caller-${pin}.pcap`;
    await writeFile(join(folder, file), callAudio(pin, firstDigitMs, talkMs).file);
    captures.set(pin, file);
  }
  await writeFile(join(folder, "caller.xml"), callerScenario({ captures, talkMs }));
  await writeFile(join(folder, "callers.csv"), callerList(calls));
}

async function common(name: string): Promise<string[]> {
  return [
    ...["-i", host, "-mi", host, "-mp", String(await freePortsInARow(mediaPorts)), "-nostdin"],
    ...["-trace_logs", "-log_file", `${name}.log`, "-trace_err", "-error_file", `${name}.err`],
  ];
}

/** sipp reports no start; /proc/net/udp lists its socket. */
async function untilBound(program: Program, port: number): Promise<void> {
  const entry = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const deadline = performance.now() + bindWithinMs;
  while (!readFileSync("/proc/net/udp", "utf8").includes(entry)) {
    if (program.isGone || performance.now() > deadline)
      throw new Error(`sipp does not listen on ${port}\n${program.tail(10)}`);
    await setTimeout(lookEveryMs);
  }
}
