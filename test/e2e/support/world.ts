import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { Einwahl } from "../../../src/app/einwahl.js";
import type { CallReport, Stage } from "../../../src/call/progress.js";
import { Reloader } from "../../../src/cli/reloader.js";
import type { Config } from "../../../src/config/config.js";
import { formatFaults } from "../../../src/config/fault.js";
import { loadConfig } from "../../../src/config/load.js";
import type { ReloadAnswer } from "../../../src/control/answers.js";
import { makeLogger } from "../../../src/monitoring/log/make-logger.js";
import type { LiveKitSettings } from "../../../src/simulators/bbb/livekit/livekit-sip.js";
import type { SampleBbb } from "../../../src/simulators/bbb/sample-bbb.js";
import { type Certificates, makeCertificates } from "../../../src/simulators/certificates.js";
import { type KnownPrompt, readPrompts } from "../../../src/softphone/prompt-library.js";
import type { SrtpPolicy } from "../../../src/softphone/rtp/media-session.js";
import { type DialOptions, TestPhone, type TestPhoneOptions } from "../../../src/softphone/test-phone.js";
import type { Resolver } from "../../../src/trunk/resolver.js";
import { systemClock } from "../../../src/util/clock.js";
import { inTime, timeoutMs } from "../../support/deadline.js";
import { Baresip, type BaresipOptions } from "./baresip.js";
import { bbbSecret, startBbbs } from "./bbb-nodes.js";
import { startCarrier } from "./carrier.js";
import { type Counts, type Engines, prefixed, type StartEngines, startEngines } from "./engines.js";
import { EventLog } from "./event-log.js";
import type { Kamailio } from "./kamailio.js";
import type { Owner } from "./owner.js";
import { scratchFolder } from "./scratch.js";

const host = "127.0.0.1";
const repository = fileURLToPath(new URL("../../../../", import.meta.url));
export const soundsDirectory = join(repository, "freeswitch", "sounds");

export { conferences } from "./bbb-nodes.js";
/** Numbers of the range that the Bundesnetzagentur reserves for fiction (030 23125 xxx). */
export const numbers = { german: "+493023125001", english: "+493023125002", unknown: "+493023125999" } as const;

/** The settings file in einwahl's format. */
export type Settings = Readonly<Record<string, unknown>>;

export interface WorldOptions {
  /** The trunk registers there, and calls come from there; default a carrier of Kamailio and rtpengine with default flags. */
  readonly carrier?: Kamailio;
  /** No carrier: the trunk does not register, and phones call drachtio directly. */
  readonly line?: "straight";
  /** DNS for the trunk's names; default this machine's. */
  readonly resolver?: Resolver;
  /** Shared by the carrier and all others; default new ones. */
  readonly certificates?: Certificates;
  /** Default: the simulators, or the real engines, according to the environment. */
  readonly engines?: StartEngines;
  /** The media encryption that the BBB servers demand; default mandatory. */
  readonly bbbSrtp?: SrtpPolicy;
  /** LiveKit settings of the BBB servers; default: no LiveKit. */
  readonly livekit?: LiveKitSettings;
  /** Modifies einwahl's settings. */
  readonly settings?: (settings: Settings) => Settings;
  /** More fields of the trunk's settings. */
  readonly trunk?: Settings;
  /**
   * When all calls must have released their resources; default after each subtest, and at the end of the test. `unchecked`: the
   * test checks it itself.
   */
  readonly released?: "at-the-end" | "unchecked";
  /** `elsewhere`: only the settings file is written, for an einwahl in a process of its own. Default `here`. */
  readonly einwahl?: "here" | "elsewhere";
  /** Whether the start waits until calls would work; default true. */
  readonly waitUntilReady?: boolean;
}

/** Settings with these values for calls. */
export function withCalls(calls: Settings): (settings: Settings) => Settings {
  return (settings) => ({ ...settings, calls: { ...(settings["calls"] as Settings), ...calls } });
}

/** Settings with this poll interval for the BBB servers. */
export function withPollInterval(interval: string): (settings: Settings) => Settings {
  return (settings) => {
    const servers = settings["bbb_servers"] as readonly Settings[];
    return { ...settings, bbb_servers: servers.map((server) => ({ ...server, poll_interval: interval })) };
  };
}

export interface StageChange {
  readonly call: string;
  readonly stage: Stage;
}

/** Engines, two BBB servers and the unmodified application, on loopback, and the events in it. */
export class World {
  readonly certificates: Certificates;
  readonly engines: Engines;
  readonly bbbs: readonly [SampleBbb, SampleBbb];
  readonly prompts: readonly KnownPrompt[];
  readonly stages = new EventLog<StageChange>();
  readonly reports = new EventLog<CallReport>();
  readonly log = new EventLog<string>();
  readonly #carrier: Kamailio | undefined;
  /** Leftovers that the test causes on purpose. */
  expectedLeftovers = /^$/;
  readonly #folder: string;
  readonly #owner: Owner;
  readonly #logger = makeLogger("debug", {
    write: (line: string) => {
      this.log.happen(line.trimEnd());
    },
  });
  #einwahl: Einwahl | undefined;

  private constructor(
    parts: Pick<World, "certificates" | "engines" | "bbbs" | "prompts"> & {
      readonly carrier: Kamailio | undefined;
      readonly folder: string;
      readonly owner: Owner;
    },
  ) {
    this.certificates = parts.certificates;
    this.engines = parts.engines;
    this.bbbs = parts.bbbs;
    this.prompts = parts.prompts;
    this.#carrier = parts.carrier;
    this.#folder = parts.folder;
    this.#owner = parts.owner;
  }

  /** Checks after each subtest and at the end of the test that all calls have released their resources. */
  static async start(owner: Owner, options: WorldOptions = {}): Promise<World> {
    const leak = atEndOf(owner);
    const folder = await scratchFolder(owner, "world");
    const certificates = options.certificates ?? (await makeCertificates());
    const prompts = await readPrompts(soundsDirectory);
    if (!prompts.ok) throw new Error(`${prompts.failure.path}: ${prompts.failure.reason}`);
    const engines = await (options.engines ?? startEngines)(certificates, soundsDirectory);
    owner.teardown(() => engines.close());
    const bbbs = await startBbbs(owner, certificates, {
      srtp: options.bbbSrtp ?? "mandatory",
      ...(options.livekit !== undefined && { livekit: options.livekit }),
    });
    const carrier =
      options.carrier ?? (options.line === "straight" ? undefined : await startCarrier(owner, certificates));
    const world = new World({ certificates, engines, bbbs, prompts: prompts.value, carrier, folder, owner });
    if (options.einwahl === "elsewhere") await world.#writeSettings(options);
    else await world.startEinwahl(options);
    const idle = await world.counts();
    if (options.released === undefined)
      owner.afterEach?.(async () => {
        const left = await world.#leak(idle);
        if (left !== undefined) throw new Error(left);
      });
    if (options.released !== "unchecked")
      owner.teardown(async () => {
        leak.found = await world.#leak(idle);
      });
    return world;
  }

  /** The running einwahl. */
  get einwahl(): Einwahl {
    if (this.#einwahl === undefined) throw new Error("einwahl does not run");
    return this.#einwahl;
  }

  /** einwahl's configuration file. */
  get settingsFile(): string {
    return join(this.#folder, "einwahl.yaml");
  }

  async startEinwahl(options: WorldOptions): Promise<void> {
    await this.#writeSettings(options);
    const loaded = loadConfig(this.settingsFile, {});
    if (!loaded.ok) throw new Error(formatFaults(loaded.failure));
    const einwahl = await Einwahl.start({
      config: atAnyPort(loaded.value),
      logger: this.#logger,
      clock: systemClock,
      ...(options.resolver !== undefined && { resolver: options.resolver }),
      watcher: {
        onStage: (call, stage) => {
          this.stages.happen({ call, stage });
        },
        onEnd: (_call, report) => {
          this.reports.happen(report);
        },
      },
    });
    this.#einwahl = einwahl;
    this.#owner.teardown(() => this.stopEinwahl());
    if (options.waitUntilReady === false) return;
    const ready = new Promise<void>((resolve) => {
      einwahl.whenReady.onSet(() => {
        resolve();
      });
    });
    await inTime("einwahl is ready", ready, timeoutMs, () => `${einwahl.health().reasons.join(", ")}\n${this.tail()}`);
  }

  /** Changes the settings file, as `startEinwahl` writes it, and reloads it. */
  async reload(options: WorldOptions): Promise<ReloadAnswer> {
    await this.#writeSettings(options);
    return await this.readAgain();
  }

  /** Reloads the settings file. */
  async readAgain(): Promise<ReloadAnswer> {
    const einwahl = { reload: async (config: Config) => await this.einwahl.reload(atAnyPort(config)) };
    return await new Reloader({ path: this.settingsFile, environment: {}, einwahl, logger: this.#logger }).reload();
  }

  async stopEinwahl(): Promise<void> {
    const einwahl = this.#einwahl;
    this.#einwahl = undefined;
    await einwahl?.stop(0);
  }

  /** einwahl leaves its calls to the next one, as at SIGTERM. */
  async handOverEinwahl(): Promise<void> {
    const einwahl = this.#einwahl;
    this.#einwahl = undefined;
    await einwahl?.handOver();
  }

  /** einwahl's last log lines, for a failure's message. */
  tail(count = 40): string {
    return this.log.past.slice(-count).join("\n");
  }

  /** The URI that a phone of `phone()` dials for a number. */
  line(number: string = numbers.german): Pick<DialOptions, "uri" | "srtp"> {
    return this.#carrier?.dialling(number) ?? { uri: this.sipUri(number) };
  }

  /** The URI for callers that dial drachtio directly. */
  sipUri(number: string = numbers.german, transport: "udp" | "tcp" | "tls" = "tls"): string {
    return `sip:${number}@${host}:${this.engines.sip[transport]};transport=${transport}`;
  }

  async phone(options: Partial<TestPhoneOptions> = {}): Promise<TestPhone> {
    const phone = await TestPhone.open({
      transport: this.#carrier?.transport ?? "tls",
      tls: { ca: this.certificates.ca },
      ...options,
    });
    this.#owner.teardown(() => phone.close());
    return phone;
  }

  /** @param options at least the caller's number */
  async baresip(
    options: Pick<BaresipOptions, "user"> & Partial<BaresipOptions>,
    owner: Owner = this.#owner,
  ): Promise<Baresip> {
    return await Baresip.start(owner, {
      ca: this.certificates.ca,
      certificate: this.certificates,
      prompts: this.prompts,
      ...options,
    });
  }

  /** Everything that calls acquire and must release. */
  async counts(): Promise<Counts> {
    const resources: Record<string, number> = {};
    for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
    return {
      ...(this.#einwahl === undefined ? {} : prefixed("einwahl", this.#einwahl.counts())),
      ...(await this.engines.counts()),
      ...prefixed("carrier", (await this.#carrier?.counts()) ?? {}),
      ...prefixed("bbb-1", this.bbbs[0].counts()),
      ...prefixed("bbb-2", this.bbbs[1].counts()),
      ...prefixed("node", resources),
    };
  }

  /**
   * Resources that calls have acquired and not released, compared with before: empty as soon as all are released, otherwise the rest after
   * `ms`. Polled, because sockets and timers end without an event.
   */
  async leftBehind(
    before: Counts,
    options: { readonly ms?: number; readonly handles?: boolean; readonly expected?: RegExp } = {},
  ): Promise<Readonly<Record<string, string>>> {
    const { ms = timeoutMs, handles = false, expected = /^$/ } = options;
    const deadline = performance.now() + ms;
    for (;;) {
      const now = await this.counts();
      const left = Object.entries(now).filter(
        ([name, count]) => isOwed(name, handles) && !expected.test(name) && count > (before[name] ?? 0),
      );
      if (left.length === 0 || performance.now() > deadline) {
        return Object.fromEntries(left.map(([name, count]) => [name, `${before[name] ?? 0} -> ${count}`]));
      }
      await setTimeout(lookEveryMs);
    }
  }

  async #leak(idle: Counts): Promise<string | undefined> {
    const left = await this.leftBehind(idle, { expected: this.expectedLeftovers });
    return Object.keys(left).length === 0 ? undefined : `not released: ${JSON.stringify(left)}`;
  }

  /** Waits until all lingering transactions have ended (RFC 3261's timers, 32 s), and returns the resources then. */
  async settled(ms = 60_000): Promise<Counts> {
    const deadline = performance.now() + ms;
    for (;;) {
      const now = await this.counts();
      const lingering = Object.entries(now).filter(
        ([name, count]) => /\.(lingering|transactions)$/.test(name) && count > 0,
      );
      if (lingering.length === 0) return now;
      if (performance.now() > deadline)
        throw new Error(`still there: ${JSON.stringify(Object.fromEntries(lingering))}`);
      await setTimeout(lookEveryMs);
    }
  }

  /** Forbidden log lines: unexpected errors, and lines with one of these secrets. */
  complaints(secrets: readonly string[]): string[] {
    const isBad = (line: string): boolean => {
      // The time and the process id can contain any digits.
      const told = line.replace(/"(?:time|pid)":\d+,/g, "");
      return /"msg":"unexpected error"/.test(told) || secrets.some((secret) => told.includes(secret));
    };
    return this.log.past.filter(isBad);
  }

  async #writeSettings(options: WorldOptions): Promise<void> {
    await writeFile(this.settingsFile, JSON.stringify(this.#settings(options), null, 2));
  }

  #settings(options: WorldOptions): Settings {
    const { control, eventSocket, sip } = this.engines;
    const carrier = this.#carrier;
    const registering = carrier && {
      provider: "easybell",
      registrar: { host, port: carrier.registrarPort, transport: "tls" },
      username: carrier.username,
      password: carrier.password,
      contact: { host, port: sip.tls },
      ca: this.certificates.ca,
    };
    const settings: Settings = {
      drachtio: control,
      media_servers: [{ name: "media-1", event_socket: eventSocket }],
      trunks: [
        {
          name: "line",
          ...(registering ?? { provider: "generic", sources: [host] }),
          numbers: [
            { number: numbers.german, languages: ["de", "en"] },
            { number: numbers.english, languages: ["en", "de"] },
          ],
          ...options.trunk,
        },
      ],
      bbb_servers: this.bbbs.map((bbb) => ({
        name: bbb.name,
        api_url: bbb.apiUrl,
        secret: bbbSecret,
        audio_bridge: "freeswitch",
        sip: { host, port: bbb.sipPort },
      })),
      // Four seconds in each call, and covered by a test of their own.
      // All processes of the tests share this machine.
      calls: { hints: false, min_idle_cpu: 0 },
      prompts: { directory: soundsDirectory },
      logging: { level: "debug" },
    };
    return options.settings?.(settings) ?? settings;
  }
}

/** Reports a leak after everything was stopped: a teardown that throws ends those after it. */
function atEndOf(owner: Owner): { found: string | undefined } {
  const leak: { found: string | undefined } = { found: undefined };
  owner.teardown(() => {
    if (leak.found !== undefined) throw new Error(leak.found);
  });
  return leak;
}

/** The file has no setting for that. */
function atAnyPort(config: Config): Config {
  return { ...config, http: { ...config.http, host, port: 0, operatorsPort: 0 } };
}

/** Connections between servers stay open for the next call, and ended transactions linger for RFC 3261's timers. */
function isOwed(name: string, handles: boolean): boolean {
  return name.startsWith("node.")
    ? handles && handleTypes.test(name)
    : !/\.(connections|lingering|applications)$/.test(name);
}

const handleTypes = /^node\.(Timeout|Immediate|UDPWrap|TCPSocketWrap|TCPServerWrap)$/;
const lookEveryMs = 50;
