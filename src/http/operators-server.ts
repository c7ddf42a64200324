import type { Clock } from "../util/clock.js";
import { faultCode } from "../util/network-fault.js";
import type { ApiRouter } from "./api-router.js";

/** Never another one: what is answered here without a token is for programs of this machine. */
const host = "127.0.0.1";
/** From one attempt to listen to the next, in milliseconds: the instance before this one may still have the port. */
const retryMs = 10_000;

export interface OperatorsServerOptions {
  readonly port: number;
  readonly clock: Clock;
  /** Why it can't listen, or that it does after all; told when that changes. */
  readonly onFault: (fault: string | undefined) => void;
}

/**
 * The listener for operators: loopback, on a port of its own. A reverse proxy on this machine connects to `http.port`
 * from loopback too, and may add no header, so requests there can't be told from those of this machine. Calls do not
 * need this listener: einwahl starts without it, and keeps trying.
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

  /** 0 while it does not listen. */
  get port(): number {
    return this.#router.port;
  }

  /** Tries to listen once, and again until `close` while that fails. Never rejects. */
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
