import type {
  Admitted,
  CallerEndpoint,
  MediaFailure,
  MediaServers,
  OfferingEndpoint,
  Turn,
} from "../call/interfaces.js";
import { failure, type Result, success } from "../util/result.js";
import type { MediaServer } from "./media-server.js";

/** The part of `MediaServer` that the pool uses. */
export type PooledServer = Pick<
  MediaServer,
  | "name"
  | "state"
  | "isSuspected"
  | "version"
  | "channels"
  | "capacity"
  | "load"
  | "open"
  | "close"
  | "openEndpoint"
  | "openOffer"
  | "upWithin"
  | "leftChannels"
  | "resume"
  | "end"
  | "whenIdle"
  | "settled"
>;

/** Attempts per call: the caller waits in silence meanwhile, so a third one is not made. */
const maxTries = 2;
/** Time for the probe of a suspected media server, if no other one is available, in milliseconds. */
const settleTimeoutMs = 3_000;
/** Time for a media server with changed settings to come up before it replaces the old instance, in milliseconds. */
const takeOverTimeoutMs = 5_000;

/** Assigns each call to the least loaded media server. */
export class MediaServerPool implements MediaServers {
  #servers: readonly PooledServer[];
  /** Servers that get no new calls and are closed after their last call. */
  readonly #retired = new Set<PooledServer>();

  constructor(servers: readonly PooledServer[]) {
    this.#servers = servers;
  }

  /** In configuration order, without retired servers. */
  get all(): readonly PooledServer[] {
    return this.#servers;
  }

  /** Number of channels that are open or opening on all servers, including retired ones. */
  get channels(): number {
    return [...this.#servers, ...this.#retired].reduce((sum, { channels }) => sum + channels, 0);
  }

  /** Probes each server once, then periodically until `close`. */
  async open(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.open()));
  }

  /** Replaces the servers; unchanged instances are kept, and calls stay on their server. Resolves after the first probe of the new ones. */
  async replace(servers: readonly PooledServer[]): Promise<void> {
    const before = this.#servers;
    await Promise.all(
      servers
        .filter((server) => !before.includes(server))
        .map(async (server) => {
          await server.open();
          // Same name, other settings: wait until the new instance is up before the working one is retired.
          if (before.some(({ name, state }) => name === server.name && state.kind === "up"))
            await server.upWithin(takeOverTimeoutMs);
        }),
    );
    this.#servers = servers;
    for (const server of before.filter((each) => !servers.includes(each))) {
      this.#retired.add(server);
      server.whenIdle(() => {
        this.#retired.delete(server);
        server.close();
      });
    }
  }

  close(): void {
    for (const server of [...this.#servers, ...this.#retired]) server.close();
  }

  takeTurn(): Result<Turn, "overloaded"> {
    const servers = this.#free(new Set()).sort((a, b) => newLoadOf(a) - newLoadOf(b));
    const taken = servers.findIndex(({ load }) => load.hasTurn);
    for (const { load } of servers.slice(0, taken === -1 ? undefined : taken)) load.miss();
    const server = servers[taken];
    server?.load.take();
    // Without any server that is up the call waits for one, as it did before.
    return servers.length > 0 && server === undefined ? failure("overloaded") : success({ mediaServer: server?.name });
  }

  async openEndpoint(
    offer: string,
    srtp: Admitted["srtp"],
    turn?: Turn,
  ): Promise<Result<CallerEndpoint, MediaFailure>> {
    return await this.#open(turn, (server) => server.openEndpoint(offer, srtp));
  }

  async openOffer(srtp: Admitted["srtp"], turn?: Turn): Promise<Result<OfferingEndpoint, MediaFailure>> {
    return await this.#open(turn, (server) => server.openOffer(srtp));
  }

  async #open<Opened>(
    turn: Turn | undefined,
    open: (server: PooledServer) => Promise<Result<Opened, MediaFailure>>,
  ): Promise<Result<Opened, MediaFailure>> {
    const tried = new Set<PooledServer>();
    for (let tries = 0; tries < maxTries; tries++) {
      const server = this.#inTurn(turn, tried) ?? this.#leastLoaded(tried) ?? (await this.#afterProbe(tried));
      if (server === undefined) break;
      tried.add(server);
      const opened = await open(server);
      if (opened.ok || opened.failure === "unusable-offer") return opened;
    }
    return failure("media-unavailable");
  }

  /** Waits for the probes of the suspected servers: none of the others is available. */
  async #afterProbe(tried: ReadonlySet<PooledServer>): Promise<PooledServer | undefined> {
    const suspected = this.#servers.filter((server) => server.isSuspected && !tried.has(server));
    await Promise.all(suspected.map((server) => server.settled(settleTimeoutMs)));
    return this.#leastLoaded(tried);
  }

  /** A moved call is opened whatever the load, but not on a slow server if there is another one. */
  #leastLoaded(except: ReadonlySet<PooledServer>): PooledServer | undefined {
    return this.#free(except).sort(
      (a, b) => slowness(a) - slowness(b) || a.channels / a.capacity - b.channels / b.capacity,
    )[0];
  }

  #inTurn(turn: Turn | undefined, except: ReadonlySet<PooledServer>): PooledServer | undefined {
    return this.#free(except).find(({ name }) => name === turn?.mediaServer);
  }

  #free(except: ReadonlySet<PooledServer>): PooledServer[] {
    return this.#servers.filter(
      (server) =>
        !except.has(server) && server.state.kind === "up" && !server.isSuspected && server.channels < server.capacity,
    );
  }
}

/** Includes calls that have a turn and no channel yet: many may come at once. */
function newLoadOf({ channels, load, capacity }: PooledServer): number {
  return (channels + load.taken) / capacity;
}

function slowness({ load }: PooledServer): number {
  return load.state === "slow" ? 1 : 0;
}
