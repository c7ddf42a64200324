import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Certificates } from "../../src/simulators/certificates.js";
import type { Engines } from "../e2e/support/engines.js";
import { freePort, freePorts } from "../e2e/support/ports.js";
import type { Program } from "../e2e/support/program.js";
import { type EngineProgram, host, listens, listensAt, startEngine, writeOwnCertificates } from "./engine-program.js";
import { FreeSwitchSocket } from "./freeswitch-socket.js";
import { rtpPorts } from "./rtp-ports.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
export const secret = "test-drachtio";
/** Of the media server's event socket. */
export const password = "test-event-socket";

/** drachtio-server and FreeSWITCH from the PATH, with config/drachtio.conf.xml and freeswitch/ as delivered. */
export interface RealEngines extends Engines {
  readonly kind: "real";
  readonly drachtio: Program;
  readonly freeswitch: Program;
  /** Its state directory. */
  readonly freeswitchFolder: string;
  /** The media server's event socket. */
  readonly media: FreeSwitchSocket;
  /** drachtio's metrics, Prometheus text; its count of dialogs is updated every 30 s. */
  drachtioMetrics(): Promise<string>;
}

/**
 * @param freeswitchEnv more variables of freeswitch/conf/vars.xml
 * @param trunkAddress the address on which drachtio accepts trunks
 */
export async function startRealEngines(
  certificates: Certificates,
  soundsDirectory: string,
  freeswitchEnv: Readonly<Record<string, string>> = {},
  trunkAddress = host,
): Promise<RealEngines> {
  const drachtio = await startDrachtio(certificates, trunkAddress);
  const media = await startMedia(certificates, soundsDirectory, freeswitchEnv).catch(async (error: unknown) => {
    await drachtio.engine.close();
    throw error;
  });
  return {
    kind: "real",
    control: { host, port: drachtio.control, secret },
    eventSocket: { host, port: media.port, password },
    sip: { udp: drachtio.plain, tcp: drachtio.plain, tls: drachtio.tls },
    get drachtio() {
      return drachtio.engine.program;
    },
    freeswitch: media.engine.program,
    freeswitchFolder: media.engine.folder,
    media: media.socket,
    drachtioMetrics: async () => await (await fetch(`http://${host}:${drachtio.metrics}/metrics`)).text(),
    killDrachtio: () => drachtio.engine.end("SIGKILL"),
    restartDrachtio: () => drachtio.engine.restart(),
    counts: async () => ({ "freeswitch.channels": await media.socket.channels() }),
    close: async () => {
      media.socket.close();
      await Promise.all([drachtio.engine.close(), media.engine.close()]);
    },
  };
}

export interface RunningDrachtio {
  readonly engine: EngineProgram;
  readonly control: number;
  readonly plain: number;
  readonly tls: number;
  readonly metrics: number;
}

export async function startDrachtio({ key, cert, ca }: Certificates, trunkAddress: string): Promise<RunningDrachtio> {
  let ports: Omit<RunningDrachtio, "engine"> = { control: 0, plain: 0, tls: 0, metrics: 0 };
  const engine = await startEngine("drachtio", async (folder) => {
    const [control = 0, plain = 0, tls = 0, metrics = 0, local = 0] = await freePorts(5);
    ports = { control, plain, tls, metrics };
    const files = { key: join(folder, "key.pem"), cert: join(folder, "cert.pem"), chain: join(folder, "chain.pem") };
    await writeFile(files.key, key);
    await writeFile(files.cert, cert);
    await writeFile(files.chain, ca);
    return {
      command: join(repository, "config", "start-drachtio.sh"),
      args: [],
      env: {
        DRACHTIO_SECRET: secret,
        DRACHTIO_ADMIN_TCP_PORT: String(control),
        EINWAHL_LOCAL_ADDRESS: trunkAddress.includes(":") ? `[${trunkAddress}]` : trunkAddress,
        EINWAHL_SIP_PORT: String(plain),
        EINWAHL_SIP_TLS_PORT: String(tls),
        EINWAHL_SIP_LOCAL_PORT: String(local),
        DRACHTIO_TLS_KEY_FILE: files.key,
        DRACHTIO_TLS_CERT_FILE: files.cert,
        DRACHTIO_TLS_CHAIN_FILE: files.chain,
        DRACHTIO_PROMETHEUS_SCRAPE_PORT: `${host}:${metrics}`,
      },
      isReady: async () =>
        (
          await Promise.all([
            listens(control),
            listensAt(trunkAddress, plain),
            listensAt(trunkAddress, tls),
            listens(metrics),
          ])
        ).every(Boolean),
    };
  });
  return { engine, ...ports };
}

/** The environment for freeswitch/start.sh, with free ports of this machine. */
export async function mediaEnvironment(eventSocketPort: number): Promise<Readonly<Record<string, string>>> {
  const [sip = 0, bbb = 0] = await freePorts(2);
  const rtp = await rtpPorts();
  return {
    EINWAHL_FS_EVENT_SOCKET_PASSWORD: password,
    EINWAHL_FS_EVENT_SOCKET_PORT: String(eventSocketPort),
    EINWAHL_FS_SIP_PORT: String(sip),
    EINWAHL_FS_BBB_SIP_ADDRESS: host,
    EINWAHL_FS_BBB_SIP_PORT: String(bbb),
    EINWAHL_FS_RTP_ADDRESS: host,
    EINWAHL_FS_RTP_PORT_FIRST: String(rtp.first),
    EINWAHL_FS_RTP_PORT_LAST: String(rtp.last),
  };
}

export interface RunningMedia {
  readonly engine: EngineProgram;
  readonly socket: FreeSwitchSocket;
  readonly port: number;
}

export async function startMedia(
  certificates: Certificates,
  soundsDirectory: string,
  more: Readonly<Record<string, string>>,
): Promise<RunningMedia> {
  let port = 0;
  let socket: FreeSwitchSocket | undefined;
  const engine = await startEngine("freeswitch", async (folder) => {
    socket?.close();
    port = await freePort();
    const asking = new FreeSwitchSocket(port, password);
    socket = asking;
    await writeOwnCertificates(join(folder, "tls"), certificates, ["tls"]);
    await writeFile(join(folder, "ca.pem"), certificates.ca);
    return {
      command: join(repository, "freeswitch", "start.sh"),
      args: [],
      env: {
        ...(await mediaEnvironment(port)),
        EINWAHL_FS_STATE_DIR: folder,
        EINWAHL_FS_TLS_CA: join(folder, "ca.pem"),
        EINWAHL_FS_SOUNDS_DIR: soundsDirectory,
        // Phones, BBB servers and einwahl share the processors in one other process.
        EINWAHL_FS_PRIORITY: "normal",
        ...more,
      },
      isReady: async () => await asking.runs(["drachtio_mrf", "bbb"]),
    };
  }).catch((error: unknown) => {
    socket?.close();
    throw error;
  });
  if (socket === undefined) throw new Error("a started media server has an event socket");
  return { engine, socket, port };
}
