import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import type { CallWatcher } from "../../call/call-watcher.js";
import { systemClock } from "../../clock.js";
import { formatFaults } from "../../config/fault.js";
import { loadConfig } from "../../config/load.js";
import { Einwahl } from "../../einwahl.js";
import { SampleBbb } from "../bbb/sample-bbb.js";
import { type Certificates, makeCertificates } from "../certificates.js";
import { EmbeddedDrachtio } from "../drachtio/embedded-drachtio.js";
import { EmbeddedFreeSwitch } from "../freeswitch/embedded-freeswitch.js";
import { scopes } from "../../config/scopes.js";
import { type Breakable, type DemoPorts, demoConferences, demoNumbers, demoOperator, demoSecrets, demoToken } from "./settings.js";

const host = "127.0.0.1";
const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const soundsDirectory = join(repository, "freeswitch", "sounds");
/** How long the parts may take to find each other, in milliseconds. */
const readyLimit = 20_000;

/** Everything that a real installation has, in this process: engines, two BBB servers and the unmodified application. */
export class DemoWorld {
  readonly ports: DemoPorts;
  readonly certificates: Certificates;
  /** The file of the authority that softphones have to trust. */
  readonly caFile: string;
  readonly #directory: string;
  readonly #closers: (() => Promise<void>)[] = [];
  #bbbs: readonly SampleBbb[] = [];
  #einwahl: Einwahl | undefined;

  private constructor(ports: DemoPorts, certificates: Certificates, directory: string) {
    this.ports = ports;
    this.certificates = certificates;
    this.#directory = directory;
    this.caFile = join(directory, "ca.pem");
  }

  /** Rejects with a message for people when a port is taken or the parts do not find each other. */
  static async start(ports: DemoPorts, broken: Breakable | undefined, watcher: CallWatcher): Promise<DemoWorld> {
    const directory = await mkdtemp(join(tmpdir(), "einwahl-demo-"));
    const world = new DemoWorld(ports, await makeCertificates(), directory);
    world.#closers.push(() => rm(directory, { recursive: true, force: true }));
    try {
      await world.#start(broken, watcher);
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  get bbbs(): readonly SampleBbb[] {
    return this.#bbbs;
  }

  bbb(name: string): SampleBbb | undefined {
    return this.#bbbs.find((bbb) => bbb.name === name);
  }

  /** Calls and channels of the application that are there now. */
  counts(): { readonly calls: number; readonly channels: number } {
    return this.#einwahl?.counts() ?? { calls: 0, channels: 0 };
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #start(broken: Breakable | undefined, watcher: CallWatcher): Promise<void> {
    const { ports, certificates } = this;
    const { key, cert, ca } = certificates;
    await writeFile(this.caFile, ca);
    const drachtio = await EmbeddedDrachtio.start({
      control: { address: host, port: 0, secret: demoSecrets.drachtio },
      sip: [
        { transport: "udp", address: host, port: ports.sip },
        { transport: "tcp", address: host, port: ports.sip },
        { transport: "tls", address: host, port: ports.sips },
      ],
      tls: { key, cert, ca },
    });
    this.#closers.push(() => drachtio.close());
    const freeswitch = await EmbeddedFreeSwitch.start({
      eventSocket: { address: host, port: 0, password: demoSecrets.eventSocket },
      sip: { address: host, port: 0 },
      rtp: { address: host },
      tls: { ca, verify: true },
      soundsDir: soundsDirectory,
    });
    this.#closers.push(() => freeswitch.close());
    this.#bbbs = await Promise.all(demoConferences.map((conference, index) => this.#startBbb(conference, ports.bbbApis[index] ?? 0, broken)));
    this.#einwahl = await this.#startEinwahl(drachtio.controlPort, freeswitch.eventSocketPort, broken, watcher);
  }

  async #startBbb(conference: (typeof demoConferences)[number], port: number, broken: Breakable | undefined): Promise<SampleBbb> {
    const { key, cert } = this.certificates;
    const bbb = await SampleBbb.start({
      name: conference.server,
      http: { address: host, port },
      secret: demoSecrets.bbb,
      sip: { address: host, port: 0 },
      tls: { key, cert },
      srtp: broken === "srtp-bbb" ? "none" : "mandatory",
    });
    this.#closers.push(() => bbb.close());
    const voiceBridge = broken === "pin" ? `${conference.pin.slice(0, -1)}9` : conference.pin;
    bbb.createMeeting({ meetingID: conference.name, name: conference.name, voiceBridge });
    return bbb;
  }

  async #startEinwahl(drachtioPort: number, eventSocketPort: number, broken: Breakable | undefined, watcher: CallWatcher): Promise<Einwahl> {
    const config = await this.#writeConfig(drachtioPort, eventSocketPort, broken);
    const loaded = loadConfig(config, {});
    if (!loaded.ok) throw new Error(formatFaults(loaded.failure));
    const einwahl = await Einwahl.start({ config: loaded.value, logger: pino({ level: "silent" }), clock: systemClock, watcher });
    this.#closers.push(() => einwahl.stop(0));
    const isReady = await new Promise<boolean>((resolve) => {
      const callOff = systemClock.after(readyLimit, () => {
        resolve(false);
      });
      einwahl.whenReady.onSet(() => {
        callOff();
        resolve(true);
      });
    });
    if (!isReady) throw new Error(`not ready: ${einwahl.health().reasons.join(", ")}`);
    return einwahl;
  }

  /** The same kind of file that an operator writes; JSON is YAML. */
  async #writeConfig(drachtioPort: number, eventSocketPort: number, broken: Breakable | undefined): Promise<string> {
    const settings = {
      drachtio: { host, port: drachtioPort, secret: demoSecrets.drachtio },
      media_servers: [{ name: "media-1", event_socket: { host, port: eventSocketPort, password: demoSecrets.eventSocket } }],
      trunks: [{ name: "demo", provider: "generic", sources: [host], numbers: demoNumbers }],
      bbb_servers: this.#bbbs.map((bbb) => ({ name: bbb.name, api_url: bbb.apiUrl, secret: demoSecrets.bbb, sip: { host, port: bbb.sipPort } })),
      http: { host, port: this.ports.http, tokens: [{ name: "demo", sha256: createHash("sha256").update(demoToken).digest("hex"), scopes }] },
      statistics: "public",
      page: { operator: demoOperator },
      prompts: { directory: soundsDirectory },
      ...(broken === "label" && { label: { template: "Caller {last4}" } }),
    };
    await mkdir(this.#directory, { recursive: true });
    const path = join(this.#directory, "einwahl.yaml");
    await writeFile(path, JSON.stringify(settings, null, 2));
    return path;
  }
}
