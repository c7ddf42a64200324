import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

import type { Certificates } from "../../../../src/simulators/certificates.js";
import type { EmbeddedDrachtioOptions } from "../../../../src/simulators/drachtio/embedded-drachtio.js";
import type { EmbeddedFreeSwitchOptions } from "../../../../src/simulators/freeswitch/embedded-freeswitch.js";
import { type Counts, prefixed } from "../engines.js";
import { freePorts } from "../ports.js";
import { Program } from "../program.js";
import { countsOf, type EndSignal, type MediaPart, type Part, type PartEngines } from "./part.js";

const host = "127.0.0.1";
const main = join(fileURLToPath(new URL(".", import.meta.url)), "simulator-main.js");
const secret = "test-drachtio";
const password = "test-event-socket";

export async function startSimulatedParts(
  { key, cert, ca }: Certificates,
  soundsDirectory: string,
  mediaServers: number,
): Promise<PartEngines> {
  const [control = 0, plain = 0, tls = 0] = await freePorts(3);
  const drachtio = new Simulator("drachtio", "drachtio", {
    control: { address: host, port: control, secret },
    sip: [
      { transport: "udp", address: host, port: plain },
      { transport: "tcp", address: host, port: plain },
      { transport: "tls", address: host, port: tls },
    ],
    tls: { key, cert, ca },
  });
  const media: (Simulator & MediaPart)[] = [];
  for (let index = 1; index <= mediaServers; index++) {
    const [port = 0, sip = 0] = await freePorts(2);
    const simulator = new Simulator(`media-${index}`, "freeswitch", {
      eventSocket: { address: host, port, password },
      sip: { address: host, port: sip },
      rtp: { address: host },
      tls: { ca, verify: true },
      soundsDir: soundsDirectory,
    });
    media.push(Object.assign(simulator, { eventSocket: { host, port, password } }));
  }
  const all = [drachtio, ...media];
  const close = async (): Promise<void> => {
    await Promise.all(all.map((each) => each.end("SIGTERM")));
  };
  try {
    await Promise.all(all.map((each) => each.start()));
  } catch (error) {
    await close();
    throw error;
  }
  const [first] = media;
  if (first === undefined) throw new Error("no media server");
  return {
    kind: "embedded",
    control: { host, port: control, secret },
    eventSocket: first.eventSocket,
    sip: { udp: plain, tcp: plain, tls },
    drachtio,
    killDrachtio: () => drachtio.end("SIGKILL"),
    restartDrachtio: () => drachtio.start(),
    media,
    folders: [],
    counts: async () => ({
      ...prefixed("drachtio", await countsOf([drachtio])),
      ...prefixed("freeswitch", await countsOf(media)),
    }),
    close,
  };
}

/** A simulator in a child process. */
class Simulator implements Part {
  readonly name: string;
  readonly #args: readonly string[];
  #program: Program | undefined;
  #asked: Promise<Counts> | undefined;

  constructor(name: string, kind: "drachtio", options: EmbeddedDrachtioOptions);
  constructor(name: string, kind: "freeswitch", options: EmbeddedFreeSwitchOptions);
  constructor(name: string, kind: string, options: unknown) {
    this.name = name;
    this.#args = ["--enable-source-maps", main, kind, JSON.stringify(options)];
  }

  get isRunning(): boolean {
    return this.#program?.isGone === false;
  }

  async start(): Promise<void> {
    const program = new Program(process.execPath, this.#args, { cwd: process.cwd(), input: true });
    this.#program = program;
    await program.line(`${this.name} starts`, /^ready /);
    program.lines.forget();
  }

  async end(signal: EndSignal): Promise<void> {
    await this.#program?.stop(signal);
  }

  /** One question at a time: the answers bear no mark. */
  async counts(): Promise<Counts> {
    this.#asked ??= this.#ask().finally(() => {
      this.#asked = undefined;
    });
    return await this.#asked;
  }

  async #ask(): Promise<Counts> {
    const program = this.#program;
    if (program === undefined) return {};
    const answer = program.lines.next(`${this.name}: counts`, (line) => line.startsWith("counts "), {
      evidence: () => program.tail(),
    });
    program.write("counts");
    const gone = program.gone.then(() => "counts {}");
    const line = await Promise.race([answer.catch(() => "counts {}"), gone]);
    return JSON.parse(line.slice("counts ".length)) as Counts;
  }
}
