import type { TrunkConfig } from "../../src/config/config.js";
import type { VerifyPeer } from "../../src/trunk/registrar-tls.js";
import type { Resolver } from "../../src/trunk/resolver.js";
import type { SipRequestOutcome } from "../../src/trunk/sip-requests.js";
import { Trunk } from "../../src/trunk/trunk.js";
import { failure, success } from "../../src/util/result.js";
import { FakeClock, settle } from "./fake-clock.js";
import { answered, FakeRequests, type Late, type SentRequest, via } from "./fake-requests.js";
import { trunkConfig } from "./trunk-config.js";

/** A registrar's servers are named a to i; the address of each ends with its position in the alphabet. */
export type ServerName = "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i";

export interface ServerState {
  /**
   * `refused`: no connection; `silent`: a connection, but no response; `answer`: this status. drachtio generates a 503 and a 408
   * for the first two, the second after 32 s.
   */
  readonly kind: "refused" | "silent" | "answer";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Expiry granted by a 200, seconds. */
  readonly expires: number;
  /** Response time, milliseconds. */
  readonly tookMs: number;
}

/** A change at a time: of a server, or of the DNS result for all of them, in order of priority; `?`: DNS fails, `.`: not offered. */
export interface Change {
  readonly at: number;
  readonly dns?: string;
  readonly servers?: Readonly<Partial<Record<ServerName, ServerState>>>;
}

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  302: "Moved Temporarily",
  403: "Forbidden",
  404: "Not Found",
  408: "Request Timeout",
  423: "Interval Too Brief",
  500: "Server Internal Error",
  503: "Service Unavailable",
  504: "Server Time-out",
};

const answers: ServerState = { kind: "answer", status: 200, headers: {}, expires: 600, tookMs: 30 };

export const up = answers;
export const refused: ServerState = { ...answers, kind: "refused" };
export const silent: ServerState = { ...answers, kind: "silent" };
export const grants = (expires: number, tookMs = 30): ServerState => ({ ...answers, expires, tookMs });
export const says = (status: number, headers: Readonly<Record<string, string>> = {}): ServerState => ({
  ...answers,
  status,
  headers,
});

export const addressOf = (name: string): string => `192.0.2.${name.charCodeAt(0) - 96}`;
const nameOf = (address: string): ServerName => String.fromCharCode(96 + Number(address.split(".")[3])) as ServerName;

const config: TrunkConfig = {
  ...trunkConfig,
  registration: {
    ...trunkConfig.registration,
    registrar: { host: "sip.example.net", port: 5061, transport: "tls", srv: true },
    contact: { host: "10.0.0.1", port: 5061 },
  },
  sources: [],
};

/** A trunk whose registrar has several servers that change over time, and its actions, line by line. */
export class RegistrarServers {
  readonly clock = new FakeClock();
  readonly requests = new FakeRequests(this.clock, (request) => this.#answer(request));
  readonly line: Trunk;
  /** "12.5 REGISTER b", "12.53 registered b"; seconds. */
  readonly events: string[] = [];
  /** Requests that no server may get: too early, or to an address that DNS never returned. */
  readonly violations: string[] = [];
  readonly #states = new Map<string, ServerState>();
  readonly #named = new Set<string>();
  /** By address, in milliseconds. */
  readonly #closedUntil = new Map<string, number>();
  #registeredAt = Number.NEGATIVE_INFINITY;
  #dns: readonly string[] = [];

  constructor() {
    const verifyPeer: VerifyPeer = async ({ address, port }) =>
      await Promise.resolve(
        this.#stateOf(address).kind === "refused"
          ? failure({ kind: "unreachable", why: `${address}:${port} refuses connections` })
          : success(undefined),
      );
    this.line = new Trunk(config, {
      requests: this.requests,
      clock: this.clock,
      resolver: this.#resolver(),
      makeVerifier: () => verifyPeer,
      onState: (state) => {
        this.events.push(
          `${this.#time()} ${state.kind === "registered" ? `registered ${nameOf(state.registrar.address)}` : state.why.replace(/192\.0\.2\.\d+/g, nameOf)}`,
        );
      },
      onRenewal: () => undefined,
      onNameFault: () => undefined,
    });
  }

  /** Applies the changes and returns the events of `seconds`. */
  async play(changes: readonly Change[], seconds: number): Promise<readonly string[]> {
    const [first, ...later] = changes;
    if (first !== undefined) this.#change(first);
    await this.line.open();
    this.line.signallingIsUp([{ transport: "tls", host: "10.0.0.1", port: 5061 }]);
    for (const change of later) {
      await this.clock.advance(change.at * 1_000 - this.clock.now());
      this.#change(change);
    }
    await this.clock.advance(seconds * 1_000 - this.clock.now());
    return this.events;
  }

  /** Un-registers and waits for completion. */
  async close(): Promise<void> {
    const closing = this.line.close();
    await settle();
    await this.clock.advance(10_000);
    await closing;
    // Responses still in flight.
    await this.clock.advance(40_000);
  }

  #change(change: Change): void {
    if (change.dns !== undefined) this.#dns = change.dns.split(" ").filter((name) => name !== "");
    for (const name of this.#dns) this.#named.add(name);
    for (const [name, state] of Object.entries(change.servers ?? {})) this.#states.set(addressOf(name), state);
  }

  #stateOf(address: string): ServerState {
    return this.#states.get(address) ?? refused;
  }

  #resolver(): Resolver {
    return {
      addresses: async (host, family) =>
        await Promise.resolve(
          family === 4
            ? success({ addresses: [addressOf(host.charAt(0))], ttlMs: undefined })
            : failure({ kind: "none", code: "ENODATA" }),
        ),
      services: async () => {
        const [first] = this.#dns;
        if (first === undefined) return await Promise.resolve(failure({ kind: "none", code: "ENOTFOUND" }));
        if (first === "?") return await Promise.resolve(failure({ kind: "failed", code: "ESERVFAIL" }));
        if (first === ".") return await Promise.resolve(success([{ name: ".", port: 0, priority: 0, weight: 0 }]));
        // Unsorted: the priority decides.
        return await Promise.resolve(
          success(
            this.#dns
              .map((name, priority) => ({ name: `${name}.example.net`, port: 5061, priority, weight: 1 }))
              .reverse(),
          ),
        );
      },
    };
  }

  #answer(request: SentRequest): SipRequestOutcome | Late {
    const address = /^sip:([\d.]+):/.exec(request.nextHop)?.[1] ?? "";
    const state = this.#stateOf(address);
    if (request.method === "REGISTER" && request.headers["Expires"] !== "0") this.#registers(address);
    if (state.kind === "refused") return answered(503, {}, "Service Unavailable");
    if (state.kind === "silent")
      return { kind: "late", afterMs: 32_000, outcome: answered(408, {}, "Request Timeout") };
    if (request.method === "OPTIONS") return answered(200, { Via: via(41_000) }, "OK");
    const { status, headers, expires, tookMs } = state;
    const retryAfter = /^\d+/.exec(headers["Retry-After"] ?? "")?.[0];
    if (retryAfter !== undefined)
      this.#closedUntil.set(address, this.clock.now() + tookMs + Math.min(300, Number(retryAfter)) * 1_000);
    const contact =
      status === 200
        ? { Contact: (request.headers["Contact"] ?? "").replace(/expires=\d+/, `expires=${expires}`) }
        : {};
    return {
      kind: "late",
      afterMs: tookMs,
      outcome: answered(status, { Via: via(41_000), ...contact, ...headers }, reasons[status] ?? "Reason"),
    };
  }

  #registers(address: string): void {
    const [now, name] = [this.clock.now(), nameOf(address)];
    this.events.push(`${this.#time()} REGISTER ${name}`);
    if (!this.#named.has(name)) this.violations.push(`${this.#time()} ${name} is unknown`);
    // drachtio confuses two REGISTERs with one Call-ID.
    if (now - this.#registeredAt < 4_000)
      this.violations.push(`${this.#time()} ${(now - this.#registeredAt) / 1_000} s after the last one`);
    if (now < (this.#closedUntil.get(address) ?? 0))
      this.violations.push(`${this.#time()} ${name} is asked before its time`);
    this.#registeredAt = now;
  }

  #time(): number {
    return this.clock.now() / 1_000;
  }
}
