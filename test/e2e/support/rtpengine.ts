import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { inTime, timeoutMs } from "../../support/deadline.js";
import type { Owner } from "./owner.js";
import { claimUdpPorts, freePorts } from "./ports.js";
import { Program } from "./program.js";
import { scratchFolder } from "./scratch.js";

const starts = 3;
const address = "127.0.0.1";
/** RTP and RTCP on two sides of a call. */
const portsOfCall = 4;

/** Debian's rtpengine as the carrier's media relay, in user space. */
export class Rtpengine {
  readonly #program: Program;
  readonly #commandPort: number;
  /** UDP, its `ng` protocol. */
  readonly controlPort: number;

  private constructor(program: Program, ports: { readonly control: number; readonly command: number }) {
    this.#program = program;
    this.#commandPort = ports.command;
    this.controlPort = ports.control;
  }

  /** @param maxCalls the number of calls for which it has ports */
  static async start(owner: Owner, maxCalls = 30): Promise<Rtpengine> {
    const mediaPorts = portsOfCall * maxCalls;
    const folder = await scratchFolder(owner, "rtpengine");
    const first = await claimUdpPorts(owner, mediaPorts);
    for (let attempt = 1; ; attempt++) {
      const [control = 0, command = 0] = await freePorts(2);
      const program = new Program(
        "rtpengine",
        [
          "--foreground",
          "--log-stderr",
          "--log-level=6",
          "--config-file=none",
          `--pidfile=${join(folder, "pid")}`,
          // Without the kernel module.
          "--table=-1",
          `--interface=${address}`,
          `--listen-ng=${address}:${control}`,
          `--listen-cli=${address}:${command}`,
          `--port-min=${first}`,
          `--port-max=${first + mediaPorts - 1}`,
          "--num-threads=2",
          // Frees a call's ports at its end; the default is 30 s later.
          "--delete-delay=0",
        ],
        { cwd: folder },
      );
      owner.teardown(async () => {
        await program.stop();
      });
      try {
        await program.line("starts", /Startup complete/);
        return new Rtpengine(program, { control, command });
      } catch (error) {
        // Another program may have bound one of the ports meanwhile.
        if (attempt === starts) throw error;
        await program.stop();
      }
    }
  }

  /** Calls that it relays now. */
  async calls(): Promise<number> {
    const socket = connect(this.#commandPort, address);
    // Without an end of input rtpengine waits for more commands.
    socket.end("list numsessions\n");
    const answer = await inTime("rtpengine's count of sessions", text(socket), timeoutMs);
    return Number(/^Current sessions own: (\d+)/m.exec(answer)?.[1] ?? NaN);
  }

  /** Its last lines, for a failure's message. */
  tail(): string {
    return this.#program.tail();
  }
}
