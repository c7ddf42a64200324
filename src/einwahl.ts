import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import type { Logger } from "pino";
import { BbbApi } from "./bbb/api-client.js";
import { BbbServer } from "./bbb/bbb-server.js";
import { BbbDirectory } from "./bbb/directory.js";
import { runCall } from "./call/call.js";
import { Occupancy } from "./call/occupancy.js";
import type { EndCause } from "./call/cause.js";
import type { CallSettings } from "./call/settings.js";
import type { CallReport, Stage } from "./call/story.js";
import { pseudonymKeyBytes, pseudonymKeyFrom } from "./caller/pseudonym.js";
import type { Clock } from "./clock.js";
import type { BbbServerConfig, Config, MediaServerConfig, TrunkConfig } from "./config/config.js";
import type { Health } from "./http/server.js";
import { Latch } from "./latch.js";
import { MediaServer } from "./media/media-server.js";
import { MediaServerPool } from "./media/media-servers.js";
import { type Result, failure, success } from "./result.js";
import type { DrachtioCall } from "./sip/incoming-call.js";
import { Signalling } from "./sip/signalling.js";
import { Line } from "./trunk/line.js";
import { TrunkAdmission } from "./trunk/trunks.js";
import { Web } from "./web.js";

/** What happens to calls, for whoever watches; the id means nothing outside this process. */
export interface CallWatcher {
  onStage(callId: string, stage: Stage): void;
  onEnd(callId: string, report: CallReport): void;
}

export interface EinwahlOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly watcher?: CallWatcher;
}

/** Limits that nobody has had a reason to change, in milliseconds. */
const limits = { mediaWithinMs: 5_000, acceptWithinMs: 5_000, joinWithinMs: 10_000, lookUpWithinMs: 10_000, apiWithinMs: 5_000 };

/** The application: everything between the configuration and the calls. */
export class Einwahl {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #watcher: CallWatcher | undefined;
  readonly #signalling: Signalling;
  readonly #lines: readonly Line[];
  readonly #mediaServers: readonly MediaServer[];
  readonly #trunks: TrunkAdmission;
  readonly #media: MediaServerPool;
  readonly #directory: BbbDirectory;
  readonly #settings: CallSettings;
  readonly #calls = new Map<DrachtioCall, Promise<void>>();
  readonly #draining = new Latch<true>();
  readonly #shutdown = new Latch<EndCause>();
  readonly #whenReady = new Latch<true>();
  /** Calls that have been admitted and are not over. */
  #places = 0;
  readonly #occupancy = new Occupancy();
  #web: Web | undefined;

  private constructor(options: EinwahlOptions) {
    const { config, logger, clock } = options;
    this.#config = config;
    this.#logger = logger;
    this.#clock = clock;
    this.#watcher = options.watcher;
    this.#settings = callSettings(config);
    this.#directory = new BbbDirectory(config.bbbServers.map((server) => bbbServer(server, clock)), clock, {
      onServer: (server, fault) => {
        if (fault === undefined) logger.info({ server }, "BBB server answers");
        else logger.warn({ server, fault }, "BBB server does not answer");
      },
      onClash: (servers) => {
        logger.warn({ servers }, "the same PIN on several BBB servers: the first one is taken");
      },
    });
    this.#signalling = Signalling.open({
      host: config.drachtio.host,
      port: config.drachtio.port,
      secret: config.drachtio.secret.reveal(),
      clock,
      onCall: (call) => {
        this.#take(call);
      },
      onConnected: (version) => {
        logger.info({ version }, "connected to drachtio");
        for (const line of this.#lines) line.signallingIsUp(this.#signalling.addresses);
        this.#checkReady();
      },
      onLost: (why) => {
        logger.warn({ why }, "drachtio is not connected");
      },
      onBug: (error) => {
        logger.error({ err: error }, "bug");
      },
    });
    this.#lines = config.trunks.map((trunk) => this.#line(trunk));
    this.#trunks = new TrunkAdmission(this.#lines);
    this.#mediaServers = config.mediaServers.map((server) => this.#mediaServer(server));
    this.#media = new MediaServerPool(this.#mediaServers);
  }

  /** Starts everything; rejects when the HTTP port is taken or the store of PINs can't be used. Engines and servers may come later. */
  static async start(options: EinwahlOptions): Promise<Einwahl> {
    const einwahl = new Einwahl(options);
    try {
      einwahl.#web = await einwahl.#openWeb();
    } catch (error) {
      await einwahl.stop(0);
      throw error;
    }
    const opening = [einwahl.#directory.open(), ...einwahl.#lines.map((line) => line.open()), ...einwahl.#mediaServers.map((server) => server.open())];
    await Promise.all(opening);
    einwahl.#checkReady();
    return einwahl;
  }

  /** The port of the HTTP server. */
  get httpPort(): number {
    return this.#web?.port ?? 0;
  }

  /** Set once, when a call would have worked for the first time. */
  get whenReady(): Latch<true> {
    return this.#whenReady;
  }

  /** Whether a call would work now, and if not, why. */
  health(): Health {
    const reasons: string[] = [];
    if (this.#draining.isSet) reasons.push("shutting down");
    if (this.#signalling.state !== "connected") reasons.push(`drachtio: ${this.#signalling.state}`);
    if (!this.#mediaServers.some((server) => server.state.kind === "up")) reasons.push("no media server is up");
    if (!this.#lines.some((line) => line.fault === undefined)) reasons.push(...this.#lines.map((line) => `trunk ${line.name}: ${line.fault ?? "up"}`));
    if (!this.#directory.servers.some((server) => server.answers)) reasons.push("no BBB server answers");
    return { isReady: reasons.length === 0, reasons };
  }

  /** What there is now, to find what is left behind. */
  counts(): { readonly calls: number; readonly channels: number; readonly shutdownListeners: number } {
    const channels = this.#mediaServers.reduce((sum, server) => sum + server.channels, 0);
    return { calls: this.#calls.size, channels, shutdownListeners: this.#shutdown.listenerCount };
  }

  /**
   * Takes no new calls, un-registers, and ends what is still going on after `drainMs` milliseconds.
   */
  async stop(drainMs: number): Promise<void> {
    this.#draining.set(true);
    await Promise.all(this.#lines.map((line) => line.close()));
    if (this.#calls.size > 0 && drainMs > 0) {
      this.#logger.info({ calls: this.#calls.size, drainMs }, "waiting for calls to end");
      await this.#callsOver(drainMs);
    }
    this.#shutdown.set("shutdown");
    await Promise.all(this.#calls.values());
    this.#directory.close();
    for (const server of this.#mediaServers) server.close();
    this.#signalling.close();
    await this.#web?.close();
  }

  async #openWeb(): Promise<Web> {
    const [calls, occupancy] = [this.#calls, this.#occupancy];
    return await Web.open({
      config: this.#config,
      logger: this.#logger,
      clock: this.#clock,
      health: () => this.health(),
      meetings: this.#directory,
      live: {
        get calls() {
          return calls.size;
        },
        get conferences() {
          return occupancy.conferences;
        },
        callersIn: (pin) => occupancy.callersIn(pin),
      },
    });
  }

  async #callsOver(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const callOff = this.#clock.after(ms, resolve);
      Promise.all(this.#calls.values()).then(() => {
        callOff();
        resolve();
      }, resolve);
    });
  }

  /** One INVITE: from here on the call is on its own until it is over. */
  #take(call: DrachtioCall): void {
    const callId = randomBytes(6).toString("base64url");
    const logger = this.#logger.child({ call: callId });
    const running = runCall(call, {
      clock: this.#clock,
      trunks: this.#trunks,
      media: this.#media,
      directory: this.#directory,
      takePlace: () => this.#takePlace(),
      shutdown: this.#shutdown,
      entered: (voiceBridge) => this.#occupancy.enter(voiceBridge),
      onStage: (stage) => {
        logger.debug({ stage }, "stage");
        this.#watcher?.onStage(callId, stage);
      },
      onBug: (error) => {
        logger.error({ err: error }, "bug");
      },
    }, this.#settings).then(
      (report) => {
        logger.info(report, "call ended");
        const talking = report.stages.filter(({ stage }) => stage === "talking");
        if (talking.length > 0) this.#web?.callEnded(talking.reduce((sum, { ms }) => sum + ms, 0) / 1_000);
        this.#watcher?.onEnd(callId, report);
      },
      (error: unknown) => {
        logger.error({ err: error }, "bug");
      },
    ).finally(() => {
      this.#signalling.release(call);
      this.#calls.delete(call);
    });
    this.#calls.set(call, running);
  }

  #takePlace(): Result<() => void, "too-many-calls" | "draining"> {
    if (this.#draining.isSet) return failure("draining");
    if (this.#places >= this.#config.calls.maxConcurrent) return failure("too-many-calls");
    this.#places += 1;
    return success(() => {
      this.#places -= 1;
    });
  }

  #line(trunk: TrunkConfig): Line {
    const logger = this.#logger.child({ trunk: trunk.name });
    return new Line(trunk, {
      requests: this.#signalling,
      clock: this.#clock,
      resolveHost: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
      onState: (state) => {
        if (state.kind === "registered") logger.info({ expiresInMs: state.expiresInMs }, "trunk registered");
        else logger.warn({ why: state.why }, "trunk not registered");
        this.#checkReady();
      },
      onSourceFault: (host, why) => {
        logger.warn({ host, why }, "host name of a trunk's source does not resolve");
      },
    });
  }

  #mediaServer(server: MediaServerConfig): MediaServer {
    const logger = this.#logger.child({ mediaServer: server.name });
    const { name, eventSocket, sipProfile, listenAddress, advertisedAddress, capacity } = server;
    return new MediaServer({
      name,
      eventSocket: { host: eventSocket.host, port: eventSocket.port, password: eventSocket.password.reveal() },
      profile: sipProfile,
      listenAddress,
      advertisedAddress,
      capacity,
      soundsDirectory: this.#config.prompts.directory,
      mediaTimeoutMs: this.#config.calls.mediaTimeoutMs,
    }, this.#signalling.srf, this.#clock, (state) => {
      if (state.kind === "up") logger.info("media server is up");
      else logger.warn({ why: state.why }, "media server is down");
      this.#checkReady();
    });
  }

  #checkReady(): void {
    if (this.health().isReady) this.#whenReady.set(true);
  }
}

function callSettings(config: Config): CallSettings {
  const { calls, label, pseudonymKey } = config;
  return {
    pin: calls.pin,
    mediaWithinMs: limits.mediaWithinMs,
    acceptWithinMs: limits.acceptWithinMs,
    joinWithinMs: limits.joinWithinMs,
    lookUpWithinMs: limits.lookUpWithinMs,
    maxDurationMs: calls.maxDurationMs,
    label,
    pseudonymKey: pseudonymKey === undefined ? randomBytes(pseudonymKeyBytes) : pseudonymKeyFrom(pseudonymKey.reveal()),
  };
}

function bbbServer(server: BbbServerConfig, clock: Clock): BbbServer {
  const api = new BbbApi({ url: server.apiUrl, secret: server.secret.reveal(), algorithm: server.checksum, answerWithinMs: limits.apiWithinMs });
  return new BbbServer({ name: server.name, ...server.sip }, api, server.pollIntervalMs, clock);
}
