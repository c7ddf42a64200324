import type { AudioBridge, AudioBridges, Conference, Directory, Lookup, PinLengths } from "../call/interfaces.js";
import type { Pin } from "../caller/secret.js";
import type { RoomStore } from "../store/room-store.js";
import type { Clock } from "../util/clock.js";
import type { BbbServer } from "./bbb-server.js";
import { Clashes, type Holder, inOrderOfChoice } from "./clashes.js";
import type { Meeting } from "./meeting.js";
import { joinLengths } from "./pin-lengths.js";
import type { WebhookEvent } from "./webhook.js";

export interface DirectoryEvents {
  /** A server's answers have begun to fail, changed their fault, or are good again (`undefined`). */
  readonly onServer: (server: string, fault: string | undefined) => void;
  /** The same PIN on several servers, the one that callers get first: when it comes up, and when one of them changes. */
  readonly onClash: (servers: readonly string[]) => void;
  /** A call has found that the server's FreeSWITCH does not hand calls on to LiveKit, or does now. */
  readonly onLivekitWay: (server: string, way: "works" | "missing") => void;
  /** Proofs of a server's webhooks fail: so many since the last word of that, which comes at a bounded rate; 0: one is right again. */
  readonly onWebhooksRefused: (server: string, count: number) => void;
  readonly onBug: (error: unknown) => void;
}

export interface DirectoryOptions {
  /** In the order of the configuration. */
  readonly servers: readonly BbbServer[];
  readonly clock: Clock;
  /** A number from 0 up to, but not including, 1. */
  readonly random: () => number;
  readonly events: DirectoryEvents;
  /** Keeps what webhooks say of meetings' audio. */
  readonly audioBridges: Pick<AudioBridges, "add">;
  /** The PINs that front ends have reserved; `undefined`: there are none. */
  readonly rooms: () =>
    Pick<RoomStore, "findByPin" | "knows" | "goesOnAfter" | "askGoesOnAfter" | "pinLengths"> | undefined;
}

/** How long callers wait for servers that have failed before, in milliseconds. */
const timeoutMs = 2_000;

/**
 * Which conference is where. Answers come from memory; a PIN that is not there is asked of all servers at once,
 * together with every other caller who has typed one in that moment. `inOrderOfChoice` says which of several
 * conferences with the same PIN it is.
 */
export class BbbDirectory implements Directory {
  readonly #options: DirectoryOptions;
  readonly #clashes: Clashes;
  /** Those who wait for a conference, by its PIN. */
  readonly #openListeners = new Map<string, Set<() => void>>();
  #servers: readonly BbbServer[];

  constructor(options: DirectoryOptions) {
    this.#servers = options.servers;
    this.#options = options;
    this.#clashes = new Clashes(options.events.onClash);
  }

  get servers(): readonly BbbServer[] {
    return this.#servers;
  }

  /** Asks every server once, then goes on polling, spread over their intervals, until `close`. */
  async open(): Promise<void> {
    await this.#open(this.#servers);
  }

  /**
   * Goes over to other servers, of which some may be the same as before: these are left alone. Settles when the new ones
   * have been asked once; until then callers are looked up among the old ones.
   */
  async replace(servers: readonly BbbServer[]): Promise<void> {
    const before = this.#servers;
    const added = servers.filter((server) => !before.includes(server));
    await this.#open(added);
    this.#servers = servers;
    for (const server of added) this.#changed(server, new Set(server.pins));
    for (const server of before.filter((each) => !servers.includes(each))) {
      server.close();
      for (const pin of server.pins) this.#noteClash(pin);
    }
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }

  async lookUp(pin: Pin): Promise<Lookup> {
    const known = this.#known(pin);
    if (known !== undefined) return known;
    await this.#poll(pin, (server) => server.poll());
    return this.#known(pin) ?? (await this.#notRunning(pin));
  }

  async lookUpFresh(pin: Pin): Promise<Lookup> {
    await this.#poll(pin, (server) => server.pollFresh());
    return this.#known(pin) ?? (await this.#notRunning(pin));
  }

  /** Whether a server has a meeting with this PIN, from memory; `undefined` when one that does not answer may have it. */
  has(pin: Pin): boolean | undefined {
    if (this.#isRunning(pin.reveal())) return true;
    return this.#servers.every((server) => server.answers) ? false : undefined;
  }

  matchPrefix(digits: string): { readonly complete: boolean; readonly longer: boolean } {
    const running = this.matchRunning(digits);
    const rooms = this.#options.rooms();
    return {
      complete: running.complete || rooms?.knows(digits) === true,
      // A store that would have to be asked may have a longer one: then only `#` or a pause completes the shorter one.
      longer: running.longer || (rooms !== undefined && rooms.goesOnAfter(digits) !== false),
    };
  }

  get pinLengths(): PinLengths | undefined {
    return joinLengths([...this.#servers.map((server) => server.pinLengths), this.#options.rooms()?.pinLengths]);
  }

  get usualAudio(): AudioBridge | undefined {
    const [first, ...others] = this.#servers;
    return others.every(({ usualAudio }) => usualAudio === first?.usualAudio) ? first?.usualAudio : undefined;
  }

  noteLivekitWay({ node }: Conference, works: boolean): void {
    const way = works ? "works" : "missing";
    const server = this.#servers.find(({ name }) => name === node.name);
    if (server?.noteLivekitWay(way) === true) this.#options.events.onLivekitWay(server.name, way);
  }

  /** The same for meetings that there are now, whoever has reserved their PINs or others. */
  matchRunning(digits: string): { readonly complete: boolean; readonly longer: boolean } {
    return { complete: this.#isRunning(digits), longer: this.#servers.some((server) => server.goesOnAfter(digits)) };
  }

  async hasLongerPin(pin: Pin): Promise<boolean> {
    const digits = pin.reveal();
    const holders = this.#servers.filter((server) => server.meeting(digits) !== undefined);
    const [beginsAnother] = await Promise.all([this.beginsAnother(pin), ...holders.map((server) => server.poll())]);
    return beginsAnother || this.matchRunning(digits).longer;
  }

  async beginsAnother(pin: Pin): Promise<boolean> {
    const digits = pin.reveal();
    if (this.#servers.some((server) => server.mainRoomGoesOnAfter(digits))) return true;
    // A reserved PIN that can't be ruled out counts: a pause too many is better than a stranger's meeting.
    const reserved = await this.#options.rooms()?.askGoesOnAfter(digits);
    return reserved?.ok === false || reserved?.value === true;
  }

  async isStillOpen({ node, meetingId }: Conference): Promise<"open" | "over" | "unknown"> {
    const server = this.#servers.find((each) => each.name === node.name);
    if (server === undefined) return "unknown";
    await server.pollFresh();
    if (!server.answers) return "unknown";
    return server.hasMeeting(meetingId) ? "open" : "over";
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

  /** A webhook was refused that says that it comes from this server. */
  refusedWebhook(server: string): void {
    this.#servers.find(({ name }) => name === server)?.webhooks.refused();
  }

  /** What a server's webhooks have told. */
  onWebhookEvents(server: string, events: readonly WebhookEvent[]): void {
    const teller = this.#servers.find(({ name }) => name === server);
    teller?.webhooks.taken();
    for (const event of events) {
      if (event.kind === "created") {
        teller?.created(event.meeting);
        this.#keepAudio(event.meeting);
      } else {
        teller?.ended(event.meetingId);
      }
    }
  }

  async #open(servers: readonly BbbServer[]): Promise<void> {
    const { random, events } = this.#options;
    await Promise.all(
      servers.map((server, at) =>
        server.open(
          {
            onChange: (pins) => {
              this.#changed(server, pins);
            },
            onFault: (fault) => {
              events.onServer(server.name, fault);
              // What a server says that has stopped or begun to answer counts less or more than before.
              for (const pin of server.pins) this.#noteClash(pin);
            },
            onWebhooks: {
              onRefused: (count) => {
                events.onWebhooksRefused(server.name, count);
              },
              onRestored: () => {
                events.onWebhooksRefused(server.name, 0);
              },
            },
            onBug: events.onBug,
          },
          (at + random()) / servers.length,
        ),
      ),
    );
  }

  #isRunning(digits: string): boolean {
    return this.#servers.some((server) => server.meeting(digits) !== undefined);
  }

  #holders(digits: string): readonly Holder[] {
    const holders: Holder[] = [];
    for (const server of this.#servers) {
      const meeting = server.meeting(digits);
      if (meeting !== undefined) holders.push({ server, meeting });
    }
    return inOrderOfChoice(holders);
  }

  #known(pin: Pin): Lookup | undefined {
    const [holder] = this.#holders(pin.reveal());
    if (holder === undefined) return undefined;
    return { kind: "open", conference: holder.server.conference(holder.meeting) };
  }

  /**
   * No server has the conference, as far as they answer. A reserved PIN is right whoever answers: whoever waits for it is
   * told when the server that may have it is back.
   */
  async #notRunning(pin: Pin): Promise<Lookup> {
    const reservation = await this.#options.rooms()?.findByPin(pin);
    if (reservation?.ok === true && reservation.value !== undefined) return { kind: "not-started" };
    // It may be on the server, or in the store, that does not answer: nobody can say that the PIN is wrong.
    const isCertain = this.#servers.every((server) => server.answers) && reservation?.ok !== false;
    return { kind: isCertain ? "unknown" : "unavailable" };
  }

  /** Asks all servers. Those that have failed before are waited for only while the others have nothing, and not for long. */
  async #poll(pin: Pin, poll: (server: BbbServer) => Promise<void>): Promise<void> {
    const failing = this.#servers.filter((server) => !server.answers);
    const late = Promise.all(failing.map(poll));
    await Promise.all(this.#servers.filter((server) => server.answers).map(poll));
    if (failing.length === 0 || this.#holders(pin.reveal()).some(({ server }) => server.answers)) return;
    await new Promise<void>((resolve, reject) => {
      const callOff = this.#options.clock.after(timeoutMs, resolve);
      late.then(() => {
        callOff();
        resolve();
      }, reject);
    });
  }

  #changed(server: BbbServer, pins: ReadonlySet<string>): void {
    for (const pin of pins) this.#noteClash(pin);
    for (const [digits, listeners] of this.#openListeners) {
      if (pins.has(digits) && server.meeting(digits) !== undefined) for (const listener of [...listeners]) listener();
    }
  }

  #noteClash(pin: string): void {
    this.#clashes.note(pin, this.#holders(pin));
  }

  /** bbb-webhooks says it once, and getMeetings never: a restart must not forget it. */
  #keepAudio({ meetingId, audioBridge }: Meeting): void {
    const { audioBridges, events } = this.#options;
    if (audioBridge !== undefined) audioBridges.add(meetingId, audioBridge).catch(events.onBug);
  }
}
