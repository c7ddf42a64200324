import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { pino } from "pino";

import { Einwahl } from "../app/einwahl.js";
import type { CallWatcher } from "../call/progress.js";
import { scopes } from "../config/config.js";
import { formatFaults } from "../config/fault.js";
import { loadConfig } from "../config/load.js";
import type { SampleBbb } from "../simulators/bbb/sample-bbb.js";
import type { Certificates } from "../simulators/certificates.js";
import { systemClock } from "../util/clock.js";
import { within } from "../util/wait.js";
import { DemoEngines, soundsDirectory } from "./engines.js";
import { type Breakable, demoOperator, type DemoPorts, demoToken } from "./settings.js";

const host = "127.0.0.1";
/** Startup timeout until the parts are connected, in milliseconds. */
const readyTimeoutMs = 20_000;

/** A complete installation in this process: engines, two BBB servers and the unmodified application. */
export class DemoWorld {
  readonly ports: DemoPorts;
  /** The CA certificate file that softphones must trust. */
  readonly caFile: string;
  readonly #directory: string;
  readonly #engines: DemoEngines;
  readonly #closers: (() => Promise<void>)[] = [];
  #einwahl: Einwahl | undefined;

  private constructor(ports: DemoPorts, engines: DemoEngines, directory: string) {
    this.ports = ports;
    this.#engines = engines;
    this.#directory = directory;
    this.caFile = join(directory, "ca.pem");
  }

  /** Rejects with a readable message if a port is in use or the parts do not connect. */
  static async start(ports: DemoPorts, broken: Breakable | undefined, watcher: CallWatcher): Promise<DemoWorld> {
    const engines = await DemoEngines.start(ports, broken);
    const directory = await mkdtemp(join(tmpdir(), "einwahl-demo-"));
    const world = new DemoWorld(ports, engines, directory);
    world.#closers.push(() => rm(directory, { recursive: true, force: true }));
    try {
      await world.#start(broken, watcher);
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  get certificates(): Certificates {
    return this.#engines.certificates;
  }

  get bbbs(): readonly SampleBbb[] {
    return this.#engines.bbbs;
  }

  bbb(name: string): SampleBbb | undefined {
    return this.bbbs.find((bbb) => bbb.name === name);
  }

  /** The application's current calls and channels. */
  counts(): { readonly calls: number; readonly channels: number } {
    return this.#einwahl?.counts() ?? { calls: 0, channels: 0 };
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #start(broken: Breakable | undefined, watcher: CallWatcher): Promise<void> {
    this.#closers.push(() => this.#engines.stop());
    await writeFile(this.caFile, this.certificates.ca);
    this.#einwahl = await this.#startEinwahl(broken, watcher);
  }

  async #startEinwahl(broken: Breakable | undefined, watcher: CallWatcher): Promise<Einwahl> {
    const config = await this.#writeConfig(broken);
    const loaded = loadConfig(config, {});
    if (!loaded.ok) throw new Error(formatFaults(loaded.failure));
    const einwahl = await Einwahl.start({
      config: loaded.value,
      logger: pino({ level: "silent" }),
      clock: systemClock,
      watcher,
    });
    this.#closers.push(() => einwahl.stop(0));
    const ready = new Promise<true>((resolve) => {
      einwahl.whenReady.onSet(resolve);
    });
    if ((await within(systemClock, readyTimeoutMs, ready)) === undefined)
      throw new Error(`not ready: ${einwahl.health().reasons.join(", ")}`);
    return einwahl;
  }

  /** The same format as an operator's file; JSON is YAML. */
  async #writeConfig(broken: Breakable | undefined): Promise<string> {
    const settings = {
      ...this.#engines.settings,
      http: {
        host,
        port: this.ports.http,
        operators_port: this.ports.operators,
        tokens: [{ name: "demo", sha256: createHash("sha256").update(demoToken).digest("hex"), scopes }],
      },
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
