import type { Admitted, CallerEndpoint, MediaFailure, MediaServers, OfferingEndpoint } from "../call/interfaces.js";
import { failure, type Result } from "../util/result.js";
import type { MediaServer } from "./media-server.js";

/** A media server as the pool sees it. */
export type PooledServer = Pick<
  MediaServer,
  | "name"
  | "state"
  | "version"
  | "channels"
  | "capacity"
  | "open"
  | "close"
  | "openEndpoint"
  | "openOffer"
  | "upWithin"
  | "whenIdle"
>;

/** Another media server is tried once when one fails; a caller waits for no third. */
const maxTries = 2;
/** A media server that has got other settings may take so long to come up by them before it counts as down, in milliseconds. */
const takeOverTimeoutMs = 5_000;

/** Gives each call the media server that has the most room. */
export class MediaServerPool implements MediaServers {
  #servers: readonly PooledServer[];
  /** Those that get no new calls, and are closed when the last of their calls is over. */
  readonly #retired = new Set<PooledServer>();

  constructor(servers: readonly PooledServer[]) {
    this.#servers = servers;
  }

  /** In the order of the configuration, without those that only have old calls. */
  get all(): readonly PooledServer[] {
    return this.#servers;
  }

  /** Channels that are open or being opened, on all of them. */
  get channels(): number {
    return [...this.#servers, ...this.#retired].reduce((sum, { channels }) => sum + channels, 0);
  }

  /** Tries each of them once, then goes on watching them until `close`. */
  async open(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.open()));
  }

  /** Goes over to other media servers, of which some may be the same as before; calls stay where they are. Settles when the new ones were tried once. */
  async replace(servers: readonly PooledServer[]): Promise<void> {
    const before = this.#servers;
    await Promise.all(
      servers
        .filter((server) => !before.includes(server))
        .map(async (server) => {
          await server.open();
          // The same one with other settings: what has worked until now is not given up for a slow moment.
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

  async openEndpoint(offer: string, srtp: Admitted["srtp"]): Promise<Result<CallerEndpoint, MediaFailure>> {
    return await this.#open((server) => server.openEndpoint(offer, srtp));
  }

  async openOffer(srtp: Admitted["srtp"]): Promise<Result<OfferingEndpoint, MediaFailure>> {
    return await this.#open((server) => server.openOffer(srtp));
  }

  async #open<Opened>(
    open: (server: PooledServer) => Promise<Result<Opened, MediaFailure>>,
  ): Promise<Result<Opened, MediaFailure>> {
    const tried = new Set<PooledServer>();
    for (let tries = 0; tries < maxTries; tries++) {
      const server = this.#leastLoaded(tried);
      if (server === undefined) break;
      tried.add(server);
      const opened = await open(server);
      if (opened.ok || opened.failure === "unusable-offer") return opened;
    }
    return failure("media-unavailable");
  }

  #leastLoaded(except: ReadonlySet<PooledServer>): PooledServer | undefined {
    const free = this.#servers.filter(
      (server) => !except.has(server) && server.state.kind === "up" && server.channels < server.capacity,
    );
    return free.sort((a, b) => a.channels / a.capacity - b.channels / b.capacity)[0];
  }
}
