import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { freePort, freePortsInARow } from "../../e2e/support/ports.js";
import { Program } from "../../e2e/support/program.js";
import { inTime } from "../../support/deadline.js";
import { callAudio } from "./capture-file.js";
import { callerList, dialled, pins } from "./numbers.js";
import { callerScenario, nodeScenario } from "./scenario.js";

const host = "127.0.0.1";
/** Milliseconds from the answer to the first digit: a caller who knows the PIN interrupts the prompt. */
export const firstDigitMs = 1_500;
/** sipp binds the audio port and the one two above it. */
const mediaPorts = 3;
/** After the last call's BYE: retransmissions of lost calls. */
const drainMs = 40_000;
const lookEveryMs = 100;

/** The conference node: sipp, which answers each call and echoes its audio. */
export class Node {
  readonly #program: Program;
  readonly #log: string;

  private constructor(program: Program, log: string) {
    this.#program = program;
    this.#log = log;
  }

  /** @param folder of its files, for one stage */
  static async start(folder: string, port: number): Promise<Node> {
    const log = join(folder, "node.log");
    await writeFile(join(folder, "node.xml"), nodeScenario);
    const media = await freePortsInARow(mediaPorts);
    const args = ["-sf", "node.xml", "-p", String(port), "-mp", String(media), "-rtp_echo", ...common("node")];
    const program = new Program("sipp", args, { cwd: folder });
    await untilBound(program, port);
    return new Node(program, log);
  }

  get log(): string {
    return readIfThere(this.#log);
  }

  async stop(): Promise<void> {
    await this.#program.stop("SIGTERM", 3_000);
  }
}

export interface CallLoad {
  readonly calls: number;
  /** Calls a second. */
  readonly rate: number;
  /** From the last digit to BYE. */
  readonly talkMs: number;
}

/** Callers: sipp. */
export class Callers {
  /** Milliseconds from a caller's first RTP packet to the end of the last digit. */
  readonly lastDigitMs: number;
  readonly #program: Program;
  readonly #folder: string;
  readonly #deadlineMs: number;

  private constructor(program: Program, folder: string, lastDigitMs: number, deadlineMs: number) {
    this.#program = program;
    this.#folder = folder;
    this.lastDigitMs = lastDigitMs;
    this.#deadlineMs = deadlineMs;
  }

  /** @param port the SIP port that they call, UDP */
  static async start(folder: string, port: number, load: CallLoad): Promise<Callers> {
    const captures = new Map<string, string>();
    const { lastDigitMs } = callAudio(pins[0], firstDigitMs, 0);
    const talkMs = lastDigitMs + load.talkMs;
    for (const pin of pins) {
      const file = `caller-${pin}.pcap`;
      await writeFile(join(folder, file), callAudio(pin, firstDigitMs, talkMs).file);
      captures.set(pin, file);
    }
    await writeFile(join(folder, "caller.xml"), callerScenario({ captures, talkMs }));
    await writeFile(join(folder, "callers.csv"), callerList(load.calls));
    const [own, media] = [await freePort(), await freePortsInARow(mediaPorts)];
    const program = new Program(
      "sipp",
      [
        ...[`${host}:${port}`, "-sf", "caller.xml", "-s", dialled, "-inf", "callers.csv"],
        ...["-p", String(own), "-mp", String(media)],
        ...["-m", String(load.calls), "-r", String(load.rate), "-l", String(load.calls)],
        ...common("caller"),
      ],
      { cwd: folder },
    );
    return new Callers(program, folder, lastDigitMs, (load.calls / load.rate) * 1_000 + talkMs + drainMs);
  }

  get log(): string {
    return readIfThere(join(this.#folder, "caller.log"));
  }

  /** sipp's reasons for lost calls. */
  get errors(): string {
    return readIfThere(join(this.#folder, "caller.err"));
  }

  /** Until the last call has ended. */
  async done(): Promise<void> {
    await inTime("sipp ends", this.#program.gone, this.#deadlineMs, () => this.#program.tail(5));
  }

  async stop(): Promise<void> {
    await this.#program.stop("SIGKILL");
  }
}

function common(name: string): string[] {
  return [
    ...["-i", host, "-mi", host, "-nostdin", "-trace_logs", "-log_file", `${name}.log`],
    ...["-trace_err", "-error_file", `${name}.err`],
  ];
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** sipp reports no start; /proc/net/udp lists its socket. */
async function untilBound(program: Program, port: number): Promise<void> {
  const needle = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const deadline = performance.now() + 5_000;
  while (!readFileSync("/proc/net/udp", "utf8").includes(needle)) {
    if (program.isGone || performance.now() > deadline)
      throw new Error(`sipp does not listen on ${port}\n${program.tail(10)}`);
    await setTimeout(lookEveryMs);
  }
}
