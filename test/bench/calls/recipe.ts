import { join } from "node:path";

import type { Certificates } from "../../../src/simulators/certificates.js";
import { repository, startBenchFreeSwitch } from "./bench-freeswitch.js";
import type { Media } from "./options.js";
import { findProcess } from "./processes.js";
import { rtp, type Subject } from "./subject.js";

/**
 * FreeSWITCH alone with the static dialplan of recipe/freeswitch.xml.
 * @param nodePort of the conference node on loopback; with SRTP it expects TLS
 */
export async function startRecipe(certificates: Certificates, media: Media, nodePort: number): Promise<Subject> {
  const { engine, socket, plain, tls, close } = await startBenchFreeSwitch(certificates, {
    configuration: join(repository, "test", "bench", "calls", "recipe"),
    profile: "external",
    rtp,
    log: "blocks",
    env: {
      BENCH_PROMPTS_DIR: join(repository, "freeswitch", "sounds"),
      BENCH_NODE: `127.0.0.1:${nodePort};transport=${media === "srtp" ? "tls" : "udp"}`,
      BENCH_JITTER_BUFFER: media === "srtp" ? "40:200:20" : "",
      BENCH_SECURE_MEDIA: media === "srtp" ? "mandatory" : "forbidden",
    },
  });
  return {
    way: "recipe",
    port: media === "srtp" ? tls : plain,
    processes: { freeswitch: findProcess(engine.program.pid, "freeswitch") },
    eventLoop: () => Promise.resolve(undefined),
    channels: () => socket.sessions(),
    close,
  };
}
