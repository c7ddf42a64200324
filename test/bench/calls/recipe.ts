import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Certificates } from "../../../src/simulators/certificates.js";
import { freePort, freePorts } from "../../e2e/support/ports.js";
import { startEngine, writeOwnCertificates } from "../../engines/engine-program.js";
import { FreeSwitchSocket } from "../../engines/freeswitch-socket.js";
import type { Media } from "./options.js";
import { findProcess } from "./processes.js";
import { maxCalls, rtp, type Subject } from "./subject.js";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const password = "bench-recipe";
const stateFolders = ["log", "db", "run", "tmp", "tls"] as const;

/**
 * FreeSWITCH alone with the static dialplan of recipe/freeswitch.xml.
 * @param nodePort of the conference node on loopback; with SRTP it expects TLS
 */
export async function startRecipe(certificates: Certificates, media: Media, nodePort: number): Promise<Subject> {
  let running: { readonly plain: number; readonly tls: number; readonly socket: FreeSwitchSocket } | undefined;
  const engine = await startEngine("freeswitch", async (folder) => {
    running?.socket.close();
    for (const name of stateFolders) await mkdir(join(folder, name), { recursive: true });
    await writeOwnCertificates(join(folder, "tls"), certificates, ["agent"]);
    await writeFile(join(folder, "tls", "cafile.pem"), certificates.ca);
    const [plain = 0, tls = 0] = await freePorts(2);
    const eventSocket = await freePort();
    const socket = new FreeSwitchSocket(eventSocket, password);
    running = { plain, tls, socket };
    return {
      command: "freeswitch",
      args: commandLine(folder),
      env: {
        BENCH_EVENT_SOCKET_PORT: String(eventSocket),
        BENCH_EVENT_SOCKET_PASSWORD: password,
        BENCH_SIP_PORT: String(plain),
        BENCH_TLS_PORT: String(tls),
        BENCH_TLS_DIR: join(folder, "tls"),
        BENCH_RTP_PORT_FIRST: rtp.first,
        BENCH_RTP_PORT_LAST: rtp.last,
        BENCH_MAX_SESSIONS: String(maxCalls * 2),
        BENCH_PROMPTS_DIR: join(repository, "freeswitch", "sounds"),
        BENCH_NODE: `127.0.0.1:${nodePort};transport=${media === "srtp" ? "tls" : "udp"}`,
        BENCH_JITTER_BUFFER: media === "srtp" ? "40:200:20" : "",
        BENCH_SECURE_MEDIA: media === "srtp" ? "mandatory" : "forbidden",
      },
      isReady: async () => await socket.runs(["external"]),
    };
  });
  if (running === undefined) throw new Error("a started FreeSWITCH has ports");
  const { plain, tls, socket } = running;
  return {
    way: "recipe",
    port: media === "srtp" ? tls : plain,
    processes: { freeswitch: findProcess(engine.program.pid, "freeswitch") },
    eventLoop: () => Promise.resolve(undefined),
    channels: () => socket.sessions(),
    close: async () => {
      socket.close();
      await engine.close();
    },
  };
}

/** As freeswitch/start.sh starts the media server. */
function commandLine(folder: string): string[] {
  const at = (name: string): string => join(folder, name);
  return [
    ...["-c", "-nonat", "-np", "-conf", join(repository, "test", "bench", "calls", "recipe")],
    ...["-log", at("log"), "-db", at("db"), "-run", at("run"), "-certs", at("tls")],
    ...["temp", "cache", "storage", "recordings", "sounds"].flatMap((name) => [`-${name}`, at("tmp")]),
  ];
}
