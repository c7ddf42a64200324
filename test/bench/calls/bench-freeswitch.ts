import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Certificates } from "../../../src/simulators/certificates.js";
import { freePort, freePorts } from "../../e2e/support/ports.js";
import { type EngineProgram, startEngine, writeOwnCertificates } from "../../engines/engine-program.js";
import { FreeSwitchSocket } from "../../engines/freeswitch-socket.js";
import { maxCalls } from "./subject.js";

export const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const password = "bench";
const stateFolders = ["log", "db", "run", "tmp", "tls"] as const;

export interface BenchFreeSwitchOptions {
  /** The folder of its configuration, and its sofia profile that must run. */
  readonly configuration: string;
  readonly profile: string;
  readonly rtp: { readonly first: string; readonly last: string };
  /** More variables of the configuration. */
  readonly env: Readonly<Record<string, string>>;
  /** `lines`: the log is written line by line; FreeSWITCH would buffer it in blocks of 4 kB. */
  readonly log: "lines" | "blocks";
}

/** A FreeSWITCH with a configuration of this benchmark, with SIP over UDP and TLS on loopback. */
export interface BenchFreeSwitch {
  readonly engine: EngineProgram;
  readonly socket: FreeSwitchSocket;
  readonly plain: number;
  readonly tls: number;
  readonly close: () => Promise<void>;
}

export async function startBenchFreeSwitch(
  certificates: Certificates,
  options: BenchFreeSwitchOptions,
): Promise<BenchFreeSwitch> {
  let running: Pick<BenchFreeSwitch, "plain" | "tls" | "socket"> | undefined;
  const engine = await startEngine("freeswitch", async (folder) => {
    running?.socket.close();
    for (const name of stateFolders) await mkdir(join(folder, name), { recursive: true });
    await writeOwnCertificates(join(folder, "tls"), certificates, ["agent"]);
    await writeFile(join(folder, "tls", "cafile.pem"), certificates.ca);
    const [plain = 0, tls = 0] = await freePorts(2);
    const eventSocket = await freePort();
    const socket = new FreeSwitchSocket(eventSocket, password);
    running = { plain, tls, socket };
    const args = commandLine(folder, options.configuration);
    return {
      ...(options.log === "lines"
        ? { command: "stdbuf", args: ["-oL", "freeswitch", ...args] }
        : { command: "freeswitch", args }),
      env: {
        BENCH_EVENT_SOCKET_PORT: String(eventSocket),
        BENCH_EVENT_SOCKET_PASSWORD: password,
        BENCH_SIP_PORT: String(plain),
        BENCH_TLS_PORT: String(tls),
        BENCH_TLS_DIR: join(folder, "tls"),
        BENCH_RTP_PORT_FIRST: options.rtp.first,
        BENCH_RTP_PORT_LAST: options.rtp.last,
        BENCH_MAX_SESSIONS: String(maxCalls * 2),
        ...options.env,
      },
      isReady: async () => await socket.runs([options.profile]),
    };
  });
  if (running === undefined) throw new Error("a started FreeSWITCH has ports");
  const { socket } = running;
  return {
    engine,
    ...running,
    close: async () => {
      socket.close();
      await engine.close();
    },
  };
}

/** As freeswitch/start.sh starts the media server. */
function commandLine(folder: string, configuration: string): string[] {
  const at = (name: string): string => join(folder, name);
  return [
    ...["-c", "-nonat", "-np", "-conf", configuration],
    ...["-log", at("log"), "-db", at("db"), "-run", at("run"), "-certs", at("tls")],
    ...["temp", "cache", "storage", "recordings", "sounds"].flatMap((name) => [`-${name}`, at("tmp")]),
  ];
}
