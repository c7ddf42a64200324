import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import type { KnownPrompt } from "../../src/softphone/prompt-library.js";
import { decodeG711 } from "../../src/softphone/rtp/g711.js";
import { Listener } from "../e2e/support/listener.js";
import type { Owner } from "../e2e/support/owner.js";
import { Program } from "../e2e/support/program.js";
import { scratchFolder } from "../e2e/support/scratch.js";
import { greatestToneShare } from "./sound.js";

const run = promisify(execFile);
const rtpHeaderBytes = 12;
/** 20 ms of G.711, plus SRTP's overhead. */
const audioBytes = { least: 160, most: 190 } as const;
const rate = 8_000;
const maxOutputBytes = 200_000_000;

/** The captured payload of one connection, one direction. */
export interface Flow {
  readonly protocol: "tcp" | "udp";
  readonly source: number;
  readonly destination: number;
  readonly payloads: readonly Buffer[];
}

/** tshark on loopback. */
export class Capture {
  readonly #file: string;
  readonly #program: Program;

  private constructor(file: string, program: Program) {
    this.#file = file;
    this.#program = program;
  }

  static async start(owner: Owner): Promise<Capture> {
    const folder = await scratchFolder(owner, "capture");
    const file = join(folder, "capture.pcapng");
    const program = new Program("tshark", ["-i", "lo", "-w", file, "-f", "tcp or udp"], { cwd: folder });
    owner.teardown(async () => {
      await program.stop("SIGINT");
    });
    await program.line("starts", /Capture started|Capturing on/);
    return new Capture(file, program);
  }

  async stop(): Promise<readonly Flow[]> {
    await this.#program.stop("SIGINT");
    const fields = ["udp.srcport", "udp.dstport", "udp.payload", "tcp.srcport", "tcp.dstport", "tcp.payload"];
    const { stdout } = await run(
      "tshark",
      ["-r", this.#file, "-T", "fields", ...fields.flatMap((field) => ["-e", field])],
      { maxBuffer: maxOutputBytes },
    );
    const flows = new Map<string, { readonly flow: Flow; readonly payloads: Buffer[] }>();
    for (const line of stdout.split("\n")) {
      const [udpFrom = "", udpTo = "", udp = "", tcpFrom = "", tcpTo = "", tcp = ""] = line.split("\t");
      const payload = Buffer.from(udp + tcp, "hex");
      if (payload.length === 0) continue;
      const key = `${udpFrom}>${udpTo}|${tcpFrom}>${tcpTo}`;
      const payloads = flows.get(key)?.payloads ?? [];
      payloads.push(payload);
      const flow = {
        protocol: udp === "" ? "tcp" : "udp",
        source: Number(udpFrom + tcpFrom),
        destination: Number(udpTo + tcpTo),
        payloads,
      } as const;
      flows.set(key, { flow, payloads });
    }
    return [...flows.values()].map(({ flow }) => flow);
  }
}

/** Flows that look like audio, decoded as unencrypted RTP. */
export function audioOf(flows: readonly Flow[]): readonly Int16Array[] {
  return flows.flatMap(({ protocol, payloads }) => {
    const bodies = payloads.map((payload) => payload.subarray(rtpHeaderBytes));
    const audio = bodies.filter(({ length }) => length >= audioBytes.least && length <= audioBytes.most);
    if (protocol !== "udp" || audio.length < rate / audioBytes.least) return [];
    return [decodeG711("PCMA", Buffer.concat(audio.map((body) => body.subarray(0, audioBytes.least))))];
  });
}

/** The number of flows with the tone. */
export function withTone(flows: readonly Int16Array[], hz: number): number {
  return flows.filter((samples) => greatestToneShare({ samples, rate: rate }, hz) > 0.5).length;
}

/** The prompts recognised in the capture. */
export function understood(flows: readonly Int16Array[], prompts: readonly KnownPrompt[]): readonly string[] {
  return flows.flatMap((samples) => {
    const listener = new Listener(prompts);
    for (let at = 0; at < samples.length; at += audioBytes.least)
      listener.hear(samples.subarray(at, at + audioBytes.least));
    return listener.prompts().map(({ name }) => name);
  });
}
