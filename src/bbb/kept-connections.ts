import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";

import type { Clock } from "../util/clock.js";

/** Shorter than the 5 s for which Apache and Node keep an idle connection; nginx keeps it for 75 s. In milliseconds. */
const idleMs = 4_000;
/** Later requests use new connections, so that changes of DNS and certificate count. In milliseconds. */
const maxAgeMs = 60_000;

/**
 * Connections to one server for the next requests, which then need no TCP and TLS handshake. They close after 4 s without
 * a request, and keep no process running.
 */
export class KeptConnections {
  readonly #clock: Clock;
  readonly #isSecure: boolean;
  #agent: HttpAgent;
  #since: number;

  constructor(url: string, clock: Clock) {
    this.#clock = clock;
    this.#isSecure = url.startsWith("https:");
    this.#agent = this.#makeAgent();
    this.#since = clock.now();
  }

  /** For the next request; not to be stored. */
  get agent(): HttpAgent {
    const now = this.#clock.now();
    if (now - this.#since >= maxAgeMs) {
      this.#since = now;
      // The connections of the former one are closed when they are idle.
      this.#agent = this.#makeAgent();
    }
    return this.#agent;
  }

  #makeAgent(): HttpAgent {
    const options = { keepAlive: true, maxFreeSockets: 1, timeout: idleMs };
    return this.#isSecure ? new HttpsAgent(options) : new HttpAgent(options);
  }
}
