import type { Clock } from "../util/clock.js";
import { faultCode } from "../util/network-fault.js";
import type { ApiRouter } from "./api-router.js";

/** Loopback only: responses without a token are for programs on this machine. */
const host = "127.0.0.1";
/** Milliseconds between attempts to listen: the previous instance may still hold the port. */
const retryMs = 10_000;

export interface OperatorsServerOptions {
  readonly port: number;
  readonly clock: Clock;
  /** Called on changes: why listening fails, or `undefined` once it succeeds. */
  readonly onFault: (fault: string | undefined) => void;
}

/**
 * The operators listener: loopback, on a separate port. A reverse proxy on this machine connects to `http.port` from
 * loopback too, possibly without headers, so requests there are indistinguishable from local ones. Calls do not need
 * this listener: einwahl starts without it and retries.
 */
export class OperatorsServer {
  readonly #router: ApiRouter;
  readonly #options: OperatorsServerOptions;
  #cancelTimer: () => void = () => undefined;
  #opening: Promise<void> = Promise.resolve();
  #fault: string | undefined;
  #isClosed = false;

  constructor(router: ApiRouter, options: OperatorsServerOptions) {
    this.#router = router;
    this.#options = options;
  }

  /** 0 while the server is not listening. */
  get port(): number {
    return this.#router.port;
  }

  /** Resolves after the first attempt to listen; retries until `close`. Never rejects. */
  async open(): Promise<void> {
    this.#opening = this.#listen();
    await this.#opening;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    await this.#opening;
    await this.#router.server.close();
  }

  async #listen(): Promise<void> {
    const { port, clock, onFault } = this.#options;
    let fault: string | undefined;
    try {
      await this.#router.server.listen({ host, port });
    } catch (error) {
      fault = `${host}:${port}: ${faultCode(error)}`;
    }
    if (fault !== this.#fault) onFault(fault);
    this.#fault = fault;
    if (fault === undefined || this.#isClosed) return;
    this.#cancelTimer = clock.after(retryMs, () => {
      this.#opening = this.#listen();
    });
  }
}
