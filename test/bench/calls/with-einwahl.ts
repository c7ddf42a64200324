import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { SampleBbb } from "../../../src/simulators/bbb/sample-bbb.js";
import type { Certificates } from "../../../src/simulators/certificates.js";
import { CommandLine } from "../../e2e/support/command-line.js";
import type { Owner } from "../../e2e/support/owner.js";
import { freePorts } from "../../e2e/support/ports.js";
import { scratchFolder } from "../../e2e/support/scratch.js";
import { soundsDirectory } from "../../e2e/support/world.js";
import { type RealEngines, startRealEngines } from "../../engines/real-engines.js";
import { dialled, pins } from "./numbers.js";
import type { Media } from "./options.js";
import { findProcess } from "./processes.js";
import { type EventLoopDelay, maxCalls, rtp, type Subject } from "./subject.js";

const host = "127.0.0.1";
const secret = "bench-bbb-secret";

/**
 * drachtio, FreeSWITCH with freeswitch/ as delivered, and einwahl, each in a process of its own. This process serves the BBB
 * API; conferences are on the node.
 * @param nodePort of the conference node on loopback; with SRTP it expects TLS
 * @param overload whether calls are refused, with FreeSWITCH's priority as delivered; "off" until the machine can't do more
 */
export async function startWithEinwahl(
  certificates: Certificates,
  media: Media,
  nodePort: number,
  overload: "refused" | "off" = "off",
): Promise<Subject> {
  const ends: (() => void | Promise<void>)[] = [];
  const owner: Owner = { teardown: (end) => void ends.unshift(end) };
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0)) await end();
  };
  try {
    return await start(owner, close, certificates, media, nodePort, overload);
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  owner: Owner,
  close: () => Promise<void>,
  certificates: Certificates,
  media: Media,
  nodePort: number,
  overload: "refused" | "off",
): Promise<Subject> {
  const folder = await scratchFolder(owner, "bench-calls");
  const engines = await startRealEngines(certificates, soundsDirectory, {
    EINWAHL_MAX_CALLS: String(maxCalls),
    EINWAHL_FS_RTP_PORT_FIRST: rtp.first,
    EINWAHL_FS_RTP_PORT_LAST: rtp.last,
    ...(overload === "refused" && { EINWAHL_FS_PRIORITY: "realtime" }),
  });
  owner.teardown(() => engines.close());
  const servers = await Promise.all(pins.map((pin, index) => startServer(owner, certificates, pin, index)));
  const [web = 0, operators = 0] = await freePorts(2);
  const file = join(folder, "einwahl.yaml");
  await writeFile(
    file,
    JSON.stringify(settings({ engines, servers, media, nodePort, web, operators, folder, overload }), null, 2),
  );
  const einwahl = new CommandLine(owner, ["run", "--config", file], folder);
  await einwahl.program.line("runs", /einwahl is running/);
  await untilReady(operators, einwahl);
  return {
    way: "einwahl",
    port: media === "srtp" ? engines.sip.tls : engines.sip.udp,
    processes: {
      freeswitch: findProcess(engines.freeswitch.pid, "freeswitch"),
      einwahl: einwahl.program.pid,
      drachtio: findProcess(engines.drachtio.pid, "drachtio"),
    },
    eventLoop: async () => readEventLoop(await (await fetch(`http://${host}:${operators}/metrics`)).text()),
    metrics: async () => await (await fetch(`http://${host}:${operators}/metrics`)).text(),
    channels: () => engines.media.sessions(),
    close,
  };
}

/** A BBB server of one running meeting. einwahl paces the joins to each server (10 a second), so there are several. */
async function startServer(owner: Owner, { key, cert }: Certificates, pin: string, index: number): Promise<SampleBbb> {
  const server = await SampleBbb.start({
    name: `bbb-${index + 1}`,
    http: { address: host, port: 0 },
    secret,
    sip: { address: host, port: 0 },
    tls: { key, cert },
    srtp: "mandatory",
  });
  owner.teardown(() => server.close());
  const meetingID = `meeting-${pin}`;
  server.createMeeting({ meetingID, voiceBridge: pin });
  server.joinWeb(meetingID, "Teacher", true);
  return server;
}

interface Parts {
  readonly engines: RealEngines;
  readonly servers: readonly SampleBbb[];
  readonly media: Media;
  readonly nodePort: number;
  readonly web: number;
  readonly operators: number;
  readonly folder: string;
  readonly overload: "refused" | "off";
}

function settings({ engines, servers, media, nodePort, web, operators, folder, overload }: Parts): unknown {
  const open = media === "plain" ? { allow_unencrypted: true } : {};
  return {
    drachtio: engines.control,
    media_servers: [{ name: "media-1", event_socket: engines.eventSocket, capacity: maxCalls }],
    trunks: [{ name: "line", provider: "generic", sources: [host], numbers: [{ number: dialled }], ...open }],
    bbb_servers: servers.map(({ name, apiUrl }) => ({
      name,
      api_url: apiUrl,
      secret,
      audio_bridge: "freeswitch",
      sip: { host, port: nodePort, transport: media === "plain" ? "udp" : "tls", ...open },
    })),
    // The recipe has no such announcement, and its four seconds would count as the time to the conference.
    calls: { hints: false, max_concurrent: maxCalls, ...(overload === "off" && { min_idle_cpu: 0 }) },
    prompts: { directory: soundsDirectory },
    http: { host, port: web, operators_port: operators },
    rooms: { store: join(folder, "data") },
    control: { socket: join(folder, "control.sock") },
  };
}

const readyWithinMs = 30_000;
const lookEveryMs = 100;

async function untilReady(port: number, einwahl: CommandLine): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const response = await fetch(`http://${host}:${port}/readyz`);
    if (response.status === 200) return;
    if (performance.now() > deadline) throw new Error(`einwahl is not ready\n${einwahl.program.tail()}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** prom-client's default metrics, which start again after each reading. */
export function readEventLoop(metrics: string): EventLoopDelay {
  const at = (name: string): number => {
    const seconds = new RegExp(`^nodejs_eventloop_lag_${name}_seconds ([\\d.e+-]+)`, "m").exec(metrics)?.[1];
    if (seconds === undefined) throw new Error(`einwahl's metrics lack nodejs_eventloop_lag_${name}_seconds`);
    return Number(seconds) * 1_000;
  };
  return { p50: at("p50"), p99: at("p99"), max: at("max") };
}
