import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { SampleBbb } from "../simulators/bbb/sample-bbb.js";
import { type Certificates, makeCertificates } from "../simulators/certificates.js";
import { EmbeddedDrachtio } from "../simulators/drachtio/embedded-drachtio.js";
import { EmbeddedFreeSwitch } from "../simulators/freeswitch/embedded-freeswitch.js";
import { type Breakable, demoConferences, demoNumbers, demoSecrets, type EnginePorts } from "./settings.js";

const host = "127.0.0.1";
export const soundsDirectory = join(fileURLToPath(new URL("../../../", import.meta.url)), "freeswitch", "sounds");

/** The engines of an installation in this process: a SIP server, a media server and two BBB servers. */
export class DemoEngines {
  readonly certificates: Certificates;
  readonly #ports: EnginePorts;
  readonly #closers: (() => Promise<void>)[] = [];
  #drachtioPort = 0;
  #eventSocketPort = 0;
  #bbbs: readonly SampleBbb[] = [];

  private constructor(ports: EnginePorts, certificates: Certificates) {
    this.#ports = ports;
    this.certificates = certificates;
  }

  /** Rejects, with nothing left open, if a port is in use. */
  static async start(ports: EnginePorts, broken?: Breakable): Promise<DemoEngines> {
    const engines = new DemoEngines(ports, await makeCertificates());
    try {
      await engines.#start(broken);
    } catch (error) {
      await engines.stop();
      throw error;
    }
    return engines;
  }

  get bbbs(): readonly SampleBbb[] {
    return this.#bbbs;
  }

  /** The application's configuration for these engines. */
  get settings(): Readonly<Record<string, unknown>> {
    return {
      drachtio: { host, port: this.#drachtioPort, secret: demoSecrets.drachtio },
      media_servers: [
        { name: "media-1", event_socket: { host, port: this.#eventSocketPort, password: demoSecrets.eventSocket } },
      ],
      trunks: [{ name: "demo", provider: "generic", sources: [host], numbers: demoNumbers }],
      bbb_servers: this.#bbbs.map((bbb) => ({
        name: bbb.name,
        api_url: bbb.apiUrl,
        secret: demoSecrets.bbb,
        audio_bridge: "freeswitch",
        sip: { host, port: bbb.sipPort },
      })),
    };
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #start(broken: Breakable | undefined): Promise<void> {
    const { key, cert, ca } = this.certificates;
    const ports = this.#ports;
    const drachtio = await EmbeddedDrachtio.start({
      control: { address: host, port: ports.drachtio, secret: demoSecrets.drachtio },
      sip: [
        { transport: "udp", address: host, port: ports.sip },
        { transport: "tcp", address: host, port: ports.sip },
        { transport: "tls", address: host, port: ports.sips },
      ],
      tls: { key, cert, ca },
    });
    this.#closers.push(() => drachtio.close());
    const freeswitch = await EmbeddedFreeSwitch.start({
      eventSocket: { address: host, port: ports.eventSocket, password: demoSecrets.eventSocket },
      sip: { address: host, port: 0 },
      rtp: { address: host },
      tls: { ca, verify: true },
      soundsDir: soundsDirectory,
    });
    this.#closers.push(() => freeswitch.close());
    this.#drachtioPort = drachtio.controlPort;
    this.#eventSocketPort = freeswitch.eventSocketPort;
    this.#bbbs = await Promise.all(
      demoConferences.map((conference, index) => this.#startBbb(conference, index, broken)),
    );
  }

  async #startBbb(
    conference: (typeof demoConferences)[number],
    index: number,
    broken: Breakable | undefined,
  ): Promise<SampleBbb> {
    const { key, cert } = this.certificates;
    const bbb = await SampleBbb.start({
      name: conference.server,
      http: { address: host, port: this.#ports.bbbApis[index] ?? 0 },
      secret: demoSecrets.bbb,
      sip: { address: host, port: this.#ports.bbbSips[index] ?? 0 },
      tls: { key, cert },
      srtp: broken === "srtp-bbb" ? "none" : "mandatory",
    });
    this.#closers.push(() => bbb.close());
    const voiceBridge = broken === "pin" ? `${conference.pin.slice(0, -1)}9` : conference.pin;
    bbb.createMeeting({ meetingID: conference.name, name: conference.name, voiceBridge });
    return bbb;
  }
}
