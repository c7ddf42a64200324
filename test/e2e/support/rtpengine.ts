import { join } from "node:path";
import type { Owner } from "./owner.js";
import { freePort, freePortsInARow } from "./ports.js";
import { Program } from "./program.js";
import { scratchFolder } from "./scratch.js";

const STARTS = 3;
/** RTP and RTCP on two sides of a call, and some calls. */
const MEDIA_PORTS = 60;

/** Debian's rtpengine as the carrier's media relay, in user space. */
export class Rtpengine {
  readonly #program: Program;
  /** UDP, its `ng` protocol. */
  readonly controlPort: number;

  private constructor(program: Program, controlPort: number) {
    this.#program = program;
    this.controlPort = controlPort;
  }

  static async start(owner: Owner): Promise<Rtpengine> {
    const folder = await scratchFolder(owner, "rtpengine");
    for (let attempt = 1; ; attempt++) {
      const controlPort = await freePort();
      const first = await freePortsInARow(MEDIA_PORTS);
      const program = new Program("rtpengine", [
        "--foreground",
        "--log-stderr",
        "--log-level=6",
        "--config-file=none",
        `--pidfile=${join(folder, "pid")}`,
        // Without the kernel's module.
        "--table=-1",
        "--interface=127.0.0.1",
        `--listen-ng=127.0.0.1:${controlPort}`,
        `--port-min=${first}`,
        `--port-max=${first + MEDIA_PORTS - 1}`,
        "--num-threads=2",
        // A call's ports are free as soon as it is over; the default is after 30 s.
        "--delete-delay=0",
      ], { cwd: folder });
      owner.teardown(async () => {
        await program.stop();
      });
      try {
        await program.line("starts", /Startup complete/);
        return new Rtpengine(program, controlPort);
      } catch (error) {
        // Another program may have been given one of the ports meanwhile.
        if (attempt === STARTS) throw error;
        await program.stop();
      }
    }
  }

  /** Its last lines, for a failure's message. */
  tail(): string {
    return this.#program.tail();
  }
}
