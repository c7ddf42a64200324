import type { Admitted, CallerEndpoint, MediaFailure, MediaServers, OfferingEndpoint } from "../call/interfaces.js";
import { type Result, failure } from "../result.js";
import type { MediaServer } from "./media-server.js";

/** Another media server is tried once when one fails; a caller waits for no third. */
const mostTries = 2;

/** Gives each call the media server that has the most room. */
export class MediaServerPool implements MediaServers {
  readonly #servers: readonly MediaServer[];

  constructor(servers: readonly MediaServer[]) {
    this.#servers = servers;
  }

  async openEndpoint(offer: string, srtp: Admitted["srtp"]): Promise<Result<CallerEndpoint, MediaFailure>> {
    return await this.#open((server) => server.openEndpoint(offer, srtp));
  }

  async openOffer(srtp: Admitted["srtp"]): Promise<Result<OfferingEndpoint, MediaFailure>> {
    return await this.#open((server) => server.openOffer(srtp));
  }

  async #open<Opened>(open: (server: MediaServer) => Promise<Result<Opened, MediaFailure>>): Promise<Result<Opened, MediaFailure>> {
    const tried = new Set<MediaServer>();
    for (let tries = 0; tries < mostTries; tries++) {
      const server = this.#roomiest(tried);
      if (server === undefined) break;
      tried.add(server);
      const opened = await open(server);
      if (opened.ok || opened.failure === "unusable-offer") return opened;
    }
    return failure("media-unavailable");
  }

  #roomiest(except: ReadonlySet<MediaServer>): MediaServer | undefined {
    const free = this.#servers.filter((server) => !except.has(server) && server.state.kind === "up" && server.channels < server.capacity);
    return free.sort((a, b) => a.channels / a.capacity - b.channels / b.capacity)[0];
  }
}
