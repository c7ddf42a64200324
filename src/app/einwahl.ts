import type { Logger } from "pino";

import type { BbbServer } from "../bbb/bbb-server.js";
import type { BbbDirectory } from "../bbb/directory.js";
import type { CallSettings } from "../call/settings.js";
import { type BbbServerConfig, type Config, needsStore } from "../config/config.js";
import type { MediaServer } from "../media/media-server.js";
import { MediaServerPool } from "../media/media-servers.js";
import type { Components } from "../monitoring/status/components.js";
import type { Health } from "../monitoring/status/health.js";
import { Monitoring } from "../monitoring/status/monitoring.js";
import type { StatusReport } from "../monitoring/status/status-report.js";
import { SyntheticAdmission } from "../probe/synthetic/synthetic-admission.js";
import type { SyntheticCalls } from "../probe/synthetic/synthetic-calls.js";
import type { DrachtioConnection } from "../sip/drachtio-connection.js";
import type { DialogBook } from "../store/dialog-book.js";
import type { GuessCounts } from "../store/guess-counts.js";
import type { GuessThrottle } from "../store/guess-throttle.js";
import { TrunkPool } from "../trunk/trunk-pool.js";
import type { Clock } from "../util/clock.js";
import { Latch } from "../util/latch.js";
import { failure, type Result, success } from "../util/result.js";
import { Adoption } from "./adoption.js";
import { bbbServerMaker, makeDirectory, makeNodeProbe } from "./bbb.js";
import { makeCallMemory } from "./call-memory.js";
import { callLimits, callSettings } from "./call-settings.js";
import { CallerKeys } from "./caller-keys.js";
import { Calls } from "./calls.js";
import { compareConfigs, type ConfigChange } from "./config-change.js";
import type { EinwahlOptions } from "./einwahl-options.js";
import { makeGuessThrottle } from "./guesses.js";
import { HttpServices } from "./http-services.js";
import { InstanceCache } from "./instance-cache.js";
import { makeDialogBook } from "./left-dialogs.js";
import { liveCalls } from "./live-calls.js";
import { makeMediaServer, type MediaServerSettings, mediaServerSettings } from "./media.js";
import { Membership } from "./membership.js";
import { OwnLoad } from "./own-load.js";
import { openSignalling } from "./signalling.js";
import { StartGate } from "./start-gate.js";
import { makeSyntheticCalls } from "./synthetic.js";
import { makeTrunk } from "./trunk.js";

/** The application: builds all components from the configuration and runs the calls. */
export class Einwahl {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #member: Membership;
  readonly #signalling: DrachtioConnection;
  readonly #trunks: TrunkPool;
  readonly #mediaServerParts: InstanceCache<MediaServerSettings, MediaServer>;
  readonly #mediaServers: MediaServerPool;
  readonly #bbbServerParts: InstanceCache<BbbServerConfig, BbbServer>;
  readonly #load: OwnLoad;
  readonly #directory: BbbDirectory;
  readonly #keys: CallerKeys;
  readonly #guesses: GuessThrottle;
  readonly #memory = makeCallMemory(() => this.#http);
  readonly #startGate: StartGate;
  readonly #dialogs: DialogBook;
  readonly #calls: Calls;
  readonly #adoption: Adoption;
  readonly #monitoring: Monitoring;
  readonly #syntheticAdmission: SyntheticAdmission;
  readonly #syntheticCalls: SyntheticCalls;
  readonly #logTrouble: () => string | undefined;
  readonly #whenReady = new Latch<true>();
  #config: Config;
  #settings: CallSettings;
  /** Serialises reloads: each starts from the result of the previous one. */
  #reloading: Promise<unknown> = Promise.resolve();
  #http: HttpServices | undefined;

  private constructor(options: EinwahlOptions) {
    const { config, logger, clock } = options;
    this.#config = config;
    this.#logger = logger;
    this.#clock = clock;
    this.#logTrouble = options.logTrouble ?? (() => undefined);
    this.#settings = callSettings(config);
    this.#load = new OwnLoad(clock, options.loopDelay ?? (() => 0));
    this.#load.open();
    this.#keys = new CallerKeys(clock, this.#onBug);
    this.#bbbServerParts = new InstanceCache(bbbServerMaker(clock));
    this.#directory = makeDirectory(
      this.#bbbServerParts.instancesFor(config.bbbServers),
      { rooms: () => this.#http?.rooms, audioBridges: this.#memory.audioBridges },
      logger,
      clock,
    );
    this.#member = new Membership({
      name: config.instance,
      components: () => this.#parts(),
      trunks: () => this.#trunks.all,
      calls: () => this.#calls.count,
      clock,
      onBug: this.#onBug,
    });
    const { cluster, ownership } = this.#member;
    this.#startGate = new StartGate(clock);
    this.#dialogs = makeDialogBook(config.drachtio.secret, () => this.#http?.dialogs, ownership.self);
    this.#signalling = openSignalling(config, logger, clock, {
      onCall: (call) => {
        this.#calls.take(call);
      },
      dialogs: this.#dialogs,
      onHeard: (source) => this.#trunks.heardFrom(source),
      onUp: () => {
        this.#trunks.signallingIsUp(this.#signalling.addresses);
        this.#checkReady();
        this.#adoption.look();
        cluster.wake();
      },
      onLost: cluster.wake,
    });
    const onState = this.#checkReady;
    this.#trunks = new TrunkPool(config.trunks, (trunk) =>
      makeTrunk(trunk, { requests: this.#signalling, logger, clock, resolver: options.resolver, onState, cluster }),
    );
    this.#mediaServerParts = new InstanceCache((settings) =>
      makeMediaServer(settings, {
        signalling: this.#signalling,
        logger,
        clock,
        minIdlePercent: () => this.#config.calls.minIdlePercent,
        onState: () => {
          this.#checkReady();
          this.#adoption.look();
        },
      }),
    );
    this.#mediaServers = new MediaServerPool(this.#mediaServerParts.instancesFor(mediaServerSettings(config)));
    this.#monitoring = new Monitoring({
      parts: () => this.#parts(),
      clock,
      logger,
      processMetrics: options.processMetrics,
      watcher: options.watcher,
    });
    this.#syntheticAdmission = new SyntheticAdmission(this.#trunks);
    const guessCounts = (): GuessCounts | undefined => this.#http?.guessCounts;
    this.#guesses = makeGuessThrottle(() => this.#config, guessCounts, { clock, logger });
    this.#calls = new Calls({
      logger,
      clock,
      watcher: this.#monitoring.watcher,
      trunks: this.#syntheticAdmission,
      hasher: this.#keys.hasher,
      ...this.#memory,
      guesses: (admitted) => this.#guesses.callerOf(admitted),
      media: this.#mediaServers,
      load: this.#load,
      directory: this.#directory,
      nodes: makeNodeProbe(logger, clock),
      owner: ownership.self,
      whenOpen: this.#startGate.whenOpen,
      newCallSettings: () => ({ settings: this.#settings, limits: callLimits(this.#config.calls) }),
      signalling: this.#signalling,
      onTalked: (seconds) => this.#http?.callEnded(seconds),
    });
    this.#adoption = new Adoption({
      servers: () => this.#mediaServers.all,
      signalling: this.#signalling,
      calls: this.#calls,
      ownership,
      dialogs: this.#dialogs,
      instances: () => cluster.instances,
      clock,
      logger,
    });
    this.#syntheticCalls = makeSyntheticCalls({
      config: () => this.#config,
      admission: this.#syntheticAdmission,
      trunks: this.#trunks,
      signalling: this.#signalling,
      directory: this.#directory,
      mayCall: () => !this.isDraining && this.health().state !== "full",
      cluster,
      logger,
      clock,
    });
  }

  /** Starts all components. Rejects if the HTTP port is in use or the PIN store is unusable; engines and BBB servers may come later. */
  static async start(options: EinwahlOptions): Promise<Einwahl> {
    const einwahl = new Einwahl(options);
    try {
      einwahl.#http = await einwahl.#openHttp();
      await einwahl.#keys.open(einwahl.#http.vaults);
    } catch (error) {
      await einwahl.stop(0);
      throw error;
    }
    await einwahl.#member.cluster.open(einwahl.#http.shared);
    const directory = einwahl.#directory.open().then(() => {
      einwahl.#startGate.ready("directory");
    });
    await Promise.all([directory, einwahl.#trunks.open(), einwahl.#mediaServers.open()]);
    einwahl.#checkReady();
    einwahl.#adoption.open();
    einwahl.#syntheticCalls.start();
    return einwahl;
  }

  get httpPort(): number {
    return this.#http?.port ?? 0;
  }

  /** The operators port on 127.0.0.1; 0 while it is unavailable. */
  get operatorsPort(): number {
    return this.#http?.operatorsPort ?? 0;
  }

  /** Set once, when a call would work for the first time. */
  get whenReady(): Latch<true> {
    return this.#whenReady;
  }

  /** Whether a new call would work now, and the reasons if not. */
  health(): Health {
    return this.#monitoring.health();
  }

  /** The status for operators, without caller numbers and PINs. */
  status(): StatusReport {
    return this.#monitoring.status();
  }

  /**
   * Refuses new calls; calls in progress continue. The trunks stay registered until another instance that shares the
   * Redis registers them.
   */
  drain(): void {
    this.#calls.drain();
    this.#member.cluster.wake();
  }

  /** Accepts calls again after `drain`. */
  resume(): void {
    this.#calls.resume();
    this.#member.cluster.wake();
  }

  get isDraining(): boolean {
    return this.#calls.isDraining;
  }

  /** The PINs of rooms, for the command line; `undefined`: not started yet, or stopped. */
  get pins(): Pick<HttpServices, "rooms" | "openRooms"> | undefined {
    return this.#http;
  }

  /** Counts of live resources, for leak checks. */
  counts(): { readonly calls: number; readonly channels: number; readonly shutdownListeners: number } {
    return {
      calls: this.#calls.count + this.#calls.syntheticCount,
      channels: this.#mediaServers.channels,
      shutdownListeners: this.#calls.shutdownListeners,
    };
  }

  /**
   * Applies a new configuration: calls in progress keep the old one, new calls use the new one. Resolves when it is in
   * effect, at the latest after the response or timeout of new servers.
   */
  async reload(config: Config): Promise<Result<ConfigChange, "shutting-down">> {
    const reloaded = this.#reloading.then(() => this.#goOver(config));
    this.#reloading = reloaded.catch(() => undefined);
    return await reloaded;
  }

  /**
   * Refuses new calls, and leaves the calls in progress and the registrations to the process after this one, or to another
   * instance that shares the Redis. No call ends.
   */
  async handOver(): Promise<void> {
    this.#adoption.close();
    this.#startGate.open();
    const { cluster } = this.#member;
    const left = cluster.leave();
    const calls = this.#calls.handOver().then(() => cluster.depart());
    await Promise.all([calls, this.#syntheticCalls.close(), this.#trunks.handOver(left)]);
    await this.#close();
  }

  /**
   * Refuses new calls, unregisters the trunks or leaves them to another instance, and ends the remaining calls after
   * `drainMs` milliseconds.
   */
  async stop(drainMs: number): Promise<void> {
    this.#calls.close();
    this.#adoption.close();
    this.#startGate.open();
    await this.#reloading;
    await this.#member.cluster.leave();
    await Promise.all([this.#syntheticCalls.close(), this.#trunks.close()]);
    await this.#calls.end(drainMs);
    await this.#close();
  }

  async #close(): Promise<void> {
    await this.#member.close();
    this.#directory.close();
    this.#mediaServers.close();
    this.#signalling.close();
    this.#keys.close();
    this.#monitoring.close();
    this.#load.close();
    await this.#http?.close();
  }

  async #goOver(wanted: Config): Promise<Result<ConfigChange, "shutting-down">> {
    if (this.#calls.isClosed) return failure("shutting-down");
    const change = compareConfigs(this.#config, wanted);
    const { config } = change;
    await Promise.all([
      this.#directory.replace(this.#bbbServerParts.instancesFor(config.bbbServers)),
      this.#mediaServers.replace(this.#mediaServerParts.instancesFor(mediaServerSettings(config))),
      this.#http?.replace(config),
    ]);
    this.#config = config;
    this.#settings = callSettings(config);
    await this.#trunks.replace(config.trunks);
    this.#syntheticCalls.start();
    this.#checkReady();
    const lacksStore = needsStore(config) && this.#http?.store.kind === "none";
    return success(lacksStore ? { ...change, needsRestart: [...change.needsRestart, "rooms.store"] } : change);
  }

  readonly #onBug = (error: unknown): void => {
    this.#logger.error({ err: error }, "unexpected error");
  };

  #parts(): Components {
    return {
      config: this.#config,
      isDraining: this.#calls.isDraining,
      admittedCalls: this.#calls.admitted,
      load: this.#load,
      signalling: this.#signalling,
      trunks: this.#trunks.all,
      mediaServers: this.#mediaServers.all,
      bbbServers: this.#directory.servers,
      syntheticCalls: this.#syntheticCalls.records,
      store: this.#http?.store ?? { kind: "none", fault: undefined, trouble: undefined },
      instances: this.#member.cluster.instances,
      instanceId: this.#member.cluster.self.id,
      logFault: this.#logTrouble(),
      guesses: this.#guesses.state(this.#trunks.all.map(({ name }) => name)),
    };
  }

  async #openHttp(): Promise<HttpServices> {
    return await HttpServices.open({
      config: this.#config,
      logger: this.#logger,
      clock: this.#clock,
      operators: this.#monitoring,
      meetings: this.#directory,
      live: liveCalls(this.#calls),
    });
  }

  readonly #checkReady = (): void => {
    if (this.#mediaServers.all.some(({ state }) => state.kind === "up")) this.#startGate.ready("media server");
    if (this.health().state !== "not-ready") this.#whenReady.set(true);
  };
}
