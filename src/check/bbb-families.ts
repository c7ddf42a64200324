import type { MediaServerConfig } from "../config/config.js";
import { EventSocketSession } from "../media/event-socket-session.js";
import { bbbProfile, profileFamily } from "../media/sofia-status.js";
import type { AddressFamily } from "../trunk/resolver.js";
import { answerTimeoutMs, type CheckTools } from "./check.js";

/** A media server and the address family of its calls to BBB servers. */
export interface CallingFamily {
  readonly server: string;
  readonly family: AddressFamily;
}

/** The address family of each media server's calls to BBB servers; queried once for all checks. */
export class BbbFamilies {
  readonly #servers: readonly MediaServerConfig[];
  readonly #tools: Pick<CheckTools, "clock">;
  #asking: Promise<readonly CallingFamily[]> | undefined;

  constructor(servers: readonly MediaServerConfig[], tools: Pick<CheckTools, "clock">) {
    this.#servers = servers;
    this.#tools = tools;
  }

  /** Only media servers that respond; another check reports the others. */
  async all(): Promise<readonly CallingFamily[]> {
    this.#asking ??= Promise.all(this.#servers.map((server) => this.#ask(server))).then((found) => found.flat());
    return await this.#asking;
  }

  async #ask({ name, eventSocket: { host, port, password } }: MediaServerConfig): Promise<readonly CallingFamily[]> {
    const session = await EventSocketSession.open(
      { host, port, password: password.reveal() },
      this.#tools.clock,
      answerTimeoutMs,
    );
    if (!session.ok) return [];
    try {
      const status = await session.value.api("sofia status");
      const family = status.ok ? profileFamily(status.value, bbbProfile) : undefined;
      return family === undefined ? [] : [{ server: name, family }];
    } finally {
      session.value.close();
    }
  }
}
