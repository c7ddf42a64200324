import { randomInt } from "node:crypto";

import type { Logger } from "pino";

import type { WebhookEvent } from "../bbb/webhook.js";
import type { Pin } from "../caller/secret.js";
import { type Config, needsStore } from "../config/config.js";
import { isTrunkOpen, openWays } from "../config/encryption.js";
import { type HttpOptions, HttpServer } from "../http/server.js";
import type { LiveCalls, OperatorServices, Promises } from "../http/services.js";
import type { StoreState } from "../monitoring/status/components.js";
import { CallSums } from "../store/call-sums.js";
import { EmbeddedRooms } from "../store/embedded-rooms.js";
import type { GuessCounts } from "../store/guess-counts.js";
import { openStores, type StoreEvents, type Stores } from "../store/open-stores.js";
import { clashesWithRunning } from "../store/pin-draw.js";
import type { RoomStore } from "../store/room-store.js";
import type { Clock } from "../util/clock.js";
import { packageVersion } from "../util/package-version.js";
import { failure, type Result, success } from "../util/result.js";

export interface HttpServicesOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly operators: OperatorServices;
  readonly live: LiveCalls;
  /** The current meetings of the BBB servers. */
  readonly meetings: {
    has(pin: Pin): boolean | undefined;
    matchRunning(digits: string): { readonly complete: boolean; readonly longer: boolean };
    onWebhookEvents(server: string, events: readonly WebhookEvent[]): void;
    refusedWebhook(server: string): void;
  };
}

/** The HTTP server and the stores behind it: PINs, statistics, shared state of instances. */
export class HttpServices {
  readonly #options: HttpServicesOptions;
  readonly #http: HttpServer;
  #stores: Stores | undefined;
  #opening: Promise<Result<Stores, string>> | undefined;
  readonly #storeWatch: StoreWatch;
  #sums: CallSums | undefined;

  private constructor(
    options: HttpServicesOptions,
    http: HttpServer,
    stores: Stores | undefined,
    storeWatch: StoreWatch,
  ) {
    this.#options = options;
    this.#http = http;
    this.#stores = stores;
    this.#storeWatch = storeWatch;
    this.#sums = this.#sumsFor(options.config);
  }

  /** Rejects if the port is in use or the store is unusable; Redis may come later. */
  static async open(options: HttpServicesOptions): Promise<HttpServices> {
    const watch = new StoreWatch(options.logger);
    const stores = await openAtStart(options, watch);
    try {
      return new HttpServices(options, await HttpServer.listen(httpOptions(options, stores)), stores, watch);
    } catch (error) {
      await stores?.close();
      throw error;
    }
  }

  get store(): StoreState {
    return this.#storeWatch.state;
  }

  /** The PINs of rooms; `undefined`: no PIN is reserved and no front end has a token. */
  get rooms(): RoomStore | undefined {
    return this.#stores?.rooms;
  }

  /** The same, but opens the store if needed, for reservations by an operator. The failure is one readable line. */
  async openRooms(): Promise<Result<RoomStore, string>> {
    if (this.#stores !== undefined) return success(this.#stores.rooms);
    this.#opening ??= open(this.#options, this.#storeWatch);
    const opened = await this.#opening;
    this.#opening = undefined;
    if (opened.ok) this.#stores ??= opened.value;
    return opened.ok ? success(opened.value.rooms) : opened;
  }

  /** The vault of the day keys; `undefined`: memory only. */
  get vaults(): { readonly [Name in "pseudonymKeys" | "throttleKeys"]: Stores[Name] | undefined } {
    return { pseudonymKeys: this.#stores?.pseudonymKeys, throttleKeys: this.#stores?.throttleKeys };
  }

  /** Removals of withheld callers, shared by instances; `undefined`: no Redis. */
  get removals(): Stores["removals"] {
    return this.#stores?.removals;
  }

  /** Audio bridges of meetings, shared by instances; `undefined`: no store. */
  get audioBridges(): Stores["audioBridges"] | undefined {
    return this.#stores?.audioBridges;
  }

  /** For the dialog book; `undefined`: no store. */
  get dialogs(): Stores["dialogs"] | undefined {
    return this.#stores?.dialogs;
  }

  /** LiveKit identities of all instances; `undefined`: no Redis. */
  get identityClaims(): Stores["identityClaims"] {
    return this.#stores?.identityClaims;
  }

  /** Wrong PINs of all instances; `undefined`: no shared store. */
  get guessCounts(): GuessCounts | undefined {
    return this.#stores?.guessCounts;
  }

  /** What instances agree on; `undefined`: no Redis, a single instance. */
  get shared(): Stores["shared"] {
    return this.#stores?.shared;
  }

  get port(): number {
    return this.#http.port;
  }

  get operatorsPort(): number {
    return this.#http.operatorsPort;
  }

  /** A call that was in a conference has ended. @param seconds its time there */
  callEnded(seconds: number): void {
    this.#sums?.add(seconds);
  }

  /** Applies a new configuration. Store, address and ports do not change. */
  async replace(config: Config): Promise<void> {
    await this.#http.replace(httpOptions({ ...this.#options, config }, this.#stores));
    const before = this.#sums;
    this.#sums = this.#sumsFor(config);
    await before?.flush();
  }

  async close(): Promise<void> {
    await this.#http.close();
    await this.#sums?.flush();
    const opening = await this.#opening;
    await (opening?.ok === true ? opening.value : this.#stores)?.close();
  }

  #sumsFor({ statistics }: Config): CallSums | undefined {
    return this.#stores === undefined || statistics === "off"
      ? undefined
      : new CallSums(this.#stores.daySums, this.#options.clock);
  }
}

/** Logs faults of the PIN store and keeps the last one for the status. */
class StoreWatch implements StoreEvents {
  kind: StoreState["kind"] = "none";
  readonly #logger: Logger;
  #fault: string | undefined;
  #trouble: StoreState["trouble"];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get state(): StoreState {
    return { kind: this.kind, fault: this.#fault, trouble: this.#trouble };
  }

  readonly onTrouble = (what: string): void => {
    this.#trouble = { at: Date.now(), what };
    this.#logger.error({ what }, "PIN store failure");
  };

  readonly onRedis = (fault: string | undefined): void => {
    this.#fault = fault;
    if (fault === undefined) this.#logger.info("Redis is available");
    else this.#logger.warn({ fault }, "Redis is not available");
  };
}

/** Opens the store if the configuration needs one, or if one with data exists. */
async function openAtStart(options: HttpServicesOptions, watch: StoreWatch): Promise<Stores | undefined> {
  const { config } = options;
  const isNeeded = needsStore(config);
  if (!isNeeded && !(config.rooms.store.kind === "embedded" && EmbeddedRooms.isThere(config.rooms.store.directory)))
    return undefined;
  const opened = await open(options, watch);
  if (opened.ok) return opened.value;
  if (isNeeded) throw new Error(opened.failure);
  // Calls to PINs that BBB has drawn work without the store: report the fault and continue.
  watch.onTrouble(opened.failure);
  return undefined;
}

async function open(
  { config, clock, meetings }: HttpServicesOptions,
  watch: StoreWatch,
): Promise<Result<Stores, string>> {
  const { store, pinLength, restMs } = config.rooms;
  const settings = {
    pinLength,
    restMs,
    now: Date.now,
    randomBelow: (limit: number) => randomInt(limit),
    isInUse: (digits: string) => clashesWithRunning(digits, (beginning) => meetings.matchRunning(beginning)),
  };
  const opened = await openStores(store, settings, clock, watch);
  if (!opened.ok) return failure(`rooms.store: ${opened.failure}`);
  watch.kind = store.kind;
  return opened;
}

function httpOptions(
  { config, logger, clock, operators, live, meetings }: HttpServicesOptions,
  stores: Stores | undefined,
): HttpOptions {
  const canReserve = config.http.tokens.length > 0 || config.rooms.jitsiConfCode === "public";
  return {
    config: config.http,
    clock,
    operators,
    onOperatorsFault: (fault) => {
      if (fault === undefined) logger.info("operators port is listening");
      else
        logger.warn(
          { fault },
          "cannot listen on the operators port (http.operators_port): /status and /metrics need a token",
        );
    },
    onBug: (error) => {
      logger.error({ err: error }, "unexpected error");
    },
    webhooks: () =>
      config.bbbServers
        .filter(({ webhooks }) => webhooks)
        .map(({ name, secret }) => ({
          name,
          secret: () => secret.reveal(),
          onEvents: (events) => {
            meetings.onWebhookEvents(name, events);
          },
          onRefused: () => {
            meetings.refusedWebhook(name);
          },
        })),
    services: {
      version: packageVersion(),
      language: config.language,
      numbers: config.trunks.flatMap(({ numbers }) => numbers),
      rooms: canReserve ? stores?.rooms : undefined,
      jitsiConfCode: config.rooms.jitsiConfCode,
      statistics: config.statistics,
      daySums: config.statistics === "off" ? undefined : stores?.daySums,
      live,
      isRunning: (pin) => meetings.has(pin),
      page: config.page,
      promises: promisesOf(config),
      dialogue: { leaveKey: config.calls.leaveKey, waitsForStart: config.calls.waiting.limitMs > 0 },
    },
  };
}

function promisesOf({ trunks, bbbServers, label }: Config): Promises {
  const templates = Object.values(label.template);
  return {
    isEncrypted: !trunks.some(isTrunkOpen) && bbbServers.every((server) => openWays(server).length === 0),
    showsLastFour: templates.some((template) => template.includes("{last4}")),
    anonymous: label.anonymous,
  };
}
