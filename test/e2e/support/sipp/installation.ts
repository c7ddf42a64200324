import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { SampleBbb } from "../../../../src/simulators/bbb/sample-bbb.js";
import { type Certificates, makeCertificates } from "../../../../src/simulators/certificates.js";
import { MemoryProbe, probed } from "../../../support/probe/memory.js";
import type { Engines } from "../engines.js";
import type { Owner } from "../owner.js";
import { EinwahlProcess } from "../parts/einwahl-process.js";
import { freePort, freePorts, freePortsInARow } from "../ports.js";
import { numbers, soundsDirectory } from "../world.js";
import { nodeScenario } from "./scenarios.js";
import { Sipp } from "./sipp.js";

const host = "127.0.0.1";
const secret = "soak";
/** Each takes ten joins a second (`joinIntervalMs`). */
const bbbServers = 4;
/** A held call has no audio for longer than the usual timeouts, in seconds. */
export const silentForS = 600;
export const dialled = numbers.german;

/** The PINs of the conferences, one on each BBB server, all of one length. */
export const pins: readonly string[] = Array.from({ length: bbbServers }, (_, index) => `1234${index}`);

/**
 * The engines, einwahl in a process of its own, BBB servers' APIs, and a sipp in the place of their FreeSWITCH. Nothing
 * is encrypted, and neither sipp sends audio.
 */
export interface Installation<Used extends Engines = Engines> {
  readonly engines: Used;
  readonly einwahl: EinwahlProcess;
  readonly probe: MemoryProbe;
  readonly node: Sipp;
}

export interface InstallationOptions<Used extends Engines> {
  /** Where the parts keep files. */
  readonly folder: string;
  readonly maxCalls: number;
  /** Starts engines that bear `silentForS` without audio. */
  readonly engines: (certificates: Certificates, soundsDirectory: string) => Promise<Used>;
}

/** Resolves when a call would work. */
export async function install<Used extends Engines>(
  owner: Owner,
  { folder, maxCalls, engines: start }: InstallationOptions<Used>,
): Promise<Installation<Used>> {
  const engines = await start(await makeCertificates(), soundsDirectory);
  owner.teardown(() => engines.close());
  const [sipPort = 0, controlPort = 0, port = 0, operatorsPort = 0] = await freePorts(4);
  const node = await Sipp.start(owner, {
    name: "node",
    folder,
    scenario: nodeScenario,
    port: sipPort,
    mediaPort: await freePortsInARow(4),
    controlPort,
    args: [],
  });
  const settings = {
    drachtio: engines.control,
    media_servers: [{ name: "media-1", event_socket: engines.eventSocket, capacity: maxCalls }],
    trunks: [
      {
        name: "line",
        provider: "generic",
        sources: [host],
        allow_unencrypted: true,
        numbers: [{ number: dialled, languages: ["de", "en"] }],
      },
    ],
    bbb_servers: await Promise.all(pins.map(async (pin) => await bbbServer(owner, pin, sipPort))),
    // sipp shares the machine: calls are not refused because it is busy.
    calls: { hints: false, max_concurrent: maxCalls, media_timeout: `${silentForS}s`, min_idle_cpu: 0 },
    prompts: { directory: soundsDirectory },
    http: { port, operators_port: operatorsPort },
  };
  const settingsFile = join(folder, "einwahl.yaml");
  await writeFile(settingsFile, JSON.stringify(settings, undefined, 2));
  const socket = join(folder, "probe.sock");
  const einwahl = new EinwahlProcess({
    settingsFile,
    operatorsPort,
    log: () => undefined,
    probed: probed(socket),
  });
  owner.teardown(() => einwahl.end("SIGKILL"));
  await einwahl.start();
  return { engines, einwahl, probe: new MemoryProbe(socket), node };
}

/** The API of a BBB server with a conference; returns its section of the settings. */
async function bbbServer(owner: Owner, pin: string, sipPort: number): Promise<Readonly<Record<string, unknown>>> {
  const { key, cert } = await makeCertificates();
  const name = `bbb-${pin}`;
  const bbb = await SampleBbb.start({
    name,
    http: { address: host, port: 0 },
    secret,
    sip: { address: host, port: await freePort() },
    tls: { key, cert },
    srtp: "none",
  });
  owner.teardown(() => bbb.close());
  bbb.createMeeting({ meetingID: name, name, voiceBridge: pin });
  return {
    name,
    api_url: bbb.apiUrl,
    secret,
    audio_bridge: "freeswitch",
    sip: { host, port: sipPort, transport: "udp", allow_unencrypted: true },
  };
}
