import type { Conference, Directory, Lookup } from "../call/interfaces.js";
import type { Pin } from "../caller/secret.js";
import type { Clock } from "../clock.js";
import type { BbbServer } from "./bbb-server.js";

export interface DirectoryEvents {
  /** A server's answers have begun to fail, changed their fault, or are good again (`undefined`). */
  readonly onServer: (server: string, fault: string | undefined) => void;
  /** The same PIN on two servers: the first in the configuration is taken. */
  readonly onClash: (servers: readonly string[]) => void;
}

/**
 * Which conference is where. Answers come from memory; a PIN that is not there is asked of all servers at once,
 * together with every other caller who has typed one in that moment.
 */
export class BbbDirectory implements Directory {
  readonly #servers: readonly BbbServer[];
  readonly #clock: Clock;
  readonly #events: DirectoryEvents;
  readonly #callOffs = new Map<BbbServer, () => void>();
  /** Those who wait for a conference, by its PIN. */
  readonly #openListeners = new Map<string, Set<() => void>>();
  /** The length of the longest known PIN for each beginning of it, so that typing asks nothing but one map. */
  #beginnings: ReadonlyMap<string, number> = new Map();
  /** How many of each server's questions are reckoned with already, and the fault that was last told. */
  readonly #seen = new Map<BbbServer, { readonly questions: number; readonly fault: string | undefined }>();
  #closed = false;

  constructor(servers: readonly BbbServer[], clock: Clock, events: DirectoryEvents) {
    this.#servers = servers;
    this.#clock = clock;
    this.#events = events;
  }

  get servers(): readonly BbbServer[] {
    return this.#servers;
  }

  /** Asks every server once, then goes on polling until `close`. */
  async open(): Promise<void> {
    await Promise.all(this.#servers.map((server) => this.#poll(server)));
  }

  close(): void {
    this.#closed = true;
    for (const callOff of this.#callOffs.values()) callOff();
    this.#callOffs.clear();
  }

  async find(pin: Pin): Promise<Lookup> {
    const known = this.#known(pin);
    return known === undefined ? await this.findAgain(pin) : { kind: "open", conference: known };
  }

  async findAgain(pin: Pin): Promise<Lookup> {
    await Promise.all(this.#servers.map((server) => this.#refresh(server)));
    const known = this.#known(pin);
    if (known !== undefined) return { kind: "open", conference: known };
    // The conference may be on the server that does not answer: nobody can say that the PIN is wrong.
    return this.#servers.every((server) => server.answers) ? { kind: "unknown" } : { kind: "unavailable" };
  }

  /** Whether a server has a meeting with this PIN, from memory; `undefined` when one that does not answer may have it. */
  has(pin: Pin): boolean | undefined {
    if (this.#servers.some((server) => server.has(pin.reveal()))) return true;
    return this.#servers.every((server) => server.answers) ? false : undefined;
  }

  match(digits: string): { readonly complete: boolean; readonly longer: boolean } {
    const longest = this.#beginnings.get(digits) ?? 0;
    return { complete: this.#servers.some((server) => server.has(digits)), longer: longest > digits.length };
  }

  async goesOn(pin: Pin): Promise<boolean> {
    const digits = pin.reveal();
    await Promise.all(this.#servers.filter((server) => server.has(digits)).map((server) => this.#refresh(server)));
    return this.match(digits).longer;
  }

  async isStillOpen({ node, meetingId, voiceBridge }: Conference): Promise<"open" | "over" | "unknown"> {
    const server = this.#servers.find((each) => each.node.name === node.name);
    if (server === undefined) return "unknown";
    await this.#refresh(server);
    if (!server.answers) return "unknown";
    return server.conference(voiceBridge)?.meetingId === meetingId ? "open" : "over";
  }

  onOpened(pin: Pin, listener: () => void): () => void {
    const digits = pin.reveal();
    const listeners = this.#openListeners.get(digits) ?? new Set();
    this.#openListeners.set(digits, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#openListeners.get(digits) === listeners) this.#openListeners.delete(digits);
    };
  }

  /** What a server that answers says counts more than what is remembered of one that does not. */
  #known(pin: Pin): Conference | undefined {
    const holders = this.#servers.filter((server) => server.has(pin.reveal()));
    const answering = holders.filter((server) => server.answers);
    const found = (answering.length > 0 ? answering : holders).flatMap((server) => server.conference(pin) ?? []);
    if (found.length > 1) this.#events.onClash(found.map((conference) => conference.node.name));
    return found[0];
  }

  async #poll(server: BbbServer): Promise<void> {
    await this.#refresh(server);
    if (this.#closed) return;
    this.#callOffs.set(server, this.#clock.after(server.pollEveryMs, () => {
      this.#poll(server).catch((error: unknown) => {
        this.#events.onServer(server.node.name, String(error));
      });
    }));
  }

  async #refresh(server: BbbServer): Promise<void> {
    const before = this.#seen.get(server)?.fault ?? server.state.fault;
    await server.refresh();
    const { questions } = server;
    // One of those who waited for the same answer has dealt with it.
    if (this.#seen.get(server)?.questions === questions) return;
    const { fault } = server.state;
    this.#seen.set(server, { questions, fault });
    if (before !== fault) this.#events.onServer(server.node.name, fault);
    this.#learnBeginnings();
    this.#tellOpened(server);
  }

  #tellOpened(server: BbbServer): void {
    for (const [digits, listeners] of this.#openListeners) {
      if (server.has(digits)) for (const listener of [...listeners]) listener();
    }
  }

  #learnBeginnings(): void {
    const beginnings = new Map<string, number>();
    for (const server of this.#servers) {
      for (const pin of server.pins()) {
        for (let length = 1; length <= pin.length; length++) {
          const beginning = pin.slice(0, length);
          beginnings.set(beginning, Math.max(beginnings.get(beginning) ?? 0, pin.length));
        }
      }
    }
    this.#beginnings = beginnings;
  }
}
