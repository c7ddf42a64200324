import type { AudioBridge, AudioBridges, Conference, Directory, Lookup, PinLengths } from "../call/interfaces.js";
import type { Pin } from "../caller/secret.js";
import type { RoomStore } from "../store/room-store.js";
import type { Clock } from "../util/clock.js";
import { within } from "../util/wait.js";
import type { BbbServer } from "./bbb-server.js";
import { Clashes, type Holder, inOrderOfChoice } from "./clashes.js";
import type { Meeting } from "./meeting.js";
import { joinLengths } from "./pin-lengths.js";
import { type PollKind, PollRounds } from "./poll-rounds.js";
import type { WebhookEvent } from "./webhook.js";

export interface DirectoryEvents {
  /** Polls of a server began to fail, fail for another reason, or succeed again (`undefined`). */
  readonly onServer: (server: string, fault: string | undefined) => void;
  /** The same PIN appeared on several servers, or one of them changed; the server that callers get comes first. */
  readonly onClash: (servers: readonly string[]) => void;
  /** A call found that the server's FreeSWITCH does not route calls to LiveKit, or routes them again. */
  readonly onLivekitWay: (server: string, way: "works" | "missing") => void;
  /** Webhooks with an invalid checksum since the last report (rate-limited); 0: the checksum is valid again. */
  readonly onWebhooksRefused: (server: string, count: number) => void;
  readonly onBug: (error: unknown) => void;
}

export interface DirectoryOptions {
  /** In configuration order. */
  readonly servers: readonly BbbServer[];
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly events: DirectoryEvents;
  /** Stores the audio bridges announced by webhooks. */
  readonly audioBridges: Pick<AudioBridges, "add">;
  /** The PINs reserved by front ends; `undefined`: none. */
  readonly rooms: () =>
    Pick<RoomStore, "findByPin" | "knows" | "goesOnAfter" | "askGoesOnAfter" | "pinLengths"> | undefined;
}

/** How long a lookup waits for servers whose last poll failed, in milliseconds. */
const timeoutMs = 2_000;

/**
 * Finds the BBB server of a conference by PIN. Lookups use memory first; an unknown PIN triggers one poll of all
 * servers, shared by concurrent callers (`PollRounds`). `inOrderOfChoice` decides between conferences with the same PIN.
 */
export class BbbDirectory implements Directory {
  readonly #options: DirectoryOptions;
  readonly #clashes: Clashes;
  /** Callers waiting for a conference, by PIN. */
  readonly #openListeners = new Map<string, Set<() => void>>();
  readonly #rounds: PollRounds;
  #servers: readonly BbbServer[];

  constructor(options: DirectoryOptions) {
    this.#servers = options.servers;
    this.#options = options;
    this.#clashes = new Clashes(options.events.onClash);
    this.#rounds = new PollRounds(options.clock, () => this.#servers);
  }

  get servers(): readonly BbbServer[] {
    return this.#servers;
  }

  /** Polls every server once, then regularly until `close`, with the polls spread over the interval. */
  async open(): Promise<void> {
    await this.#open(this.#servers);
  }

  /**
   * Replaces the servers; unchanged ones are kept as they are. Resolves after the first poll of the new servers; until
   * then lookups use the old ones.
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
    this.#rounds.close();
  }

  async lookUp(pin: Pin): Promise<Lookup> {
    const known = this.#known(pin);
    if (known !== undefined) return known;
    await this.#poll(pin, "recent");
    return this.#known(pin) ?? (await this.#notRunning(pin));
  }

  async lookUpFresh(pin: Pin): Promise<Lookup> {
    await this.#poll(pin, "new");
    return this.#known(pin) ?? (await this.#notRunning(pin));
  }

  /** Whether a server has a meeting with this PIN, from memory; `undefined`: an unreachable server may have it. */
  has(pin: Pin): boolean | undefined {
    if (this.#isRunning(pin.reveal())) return true;
    return this.#servers.every((server) => server.answers) ? false : undefined;
  }

  matchPrefix(digits: string): { readonly complete: boolean; readonly longer: boolean } {
    const running = this.matchRunning(digits);
    const rooms = this.#options.rooms();
    return {
      complete: running.complete || rooms?.knows(digits) === true,
      // The store may hold a longer PIN that is not in memory: only `#` or a pause then completes the shorter one.
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

  /** The same for current meetings only, regardless of reservations. */
  matchRunning(digits: string): { readonly complete: boolean; readonly longer: boolean } {
    return { complete: this.#isRunning(digits), longer: this.#servers.some((server) => server.goesOnAfter(digits)) };
  }

  async hasLongerPin(pin: Pin): Promise<boolean> {
    const digits = pin.reveal();
    const holders = this.#servers.filter((server) => server.meeting(digits) !== undefined);
    const [beginsAnother] = await Promise.all([this.beginsAnother(pin), this.#rounds.spare(holders)]);
    return beginsAnother || this.matchRunning(digits).longer;
  }

  async beginsAnother(pin: Pin): Promise<boolean> {
    const digits = pin.reveal();
    if (this.#servers.some((server) => server.mainRoomGoesOnAfter(digits))) return true;
    // A reserved PIN that cannot be ruled out counts: one pause too many is better than a wrong meeting.
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

  /** A webhook that claims to be from this server was refused. */
  refusedWebhook(server: string): void {
    this.#servers.find(({ name }) => name === server)?.webhooks.refused();
  }

  /** Applies the webhook events of a server. */
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
              // Reachability affects which server wins a PIN clash: re-evaluate.
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
   * No reachable server has the conference. A reserved PIN is valid even so: its waiting callers are notified when the
   * server that may have the conference is reachable again.
   */
  async #notRunning(pin: Pin): Promise<Lookup> {
    const reservation = await this.#options.rooms()?.findByPin(pin);
    if (reservation?.ok === true && reservation.value !== undefined) return { kind: "not-started" };
    // An unreachable server or store may know the PIN, so it cannot be called wrong.
    const isCertain = this.#servers.every((server) => server.answers) && reservation?.ok !== false;
    return { kind: isCertain ? "unknown" : "unavailable" };
  }

  /** Polls all servers. Waits for previously failing ones only if the others have no match, and only briefly. */
  async #poll(pin: Pin, kind: PollKind): Promise<void> {
    const { answering, failing } = await this.#rounds.next(kind);
    await answering;
    if (failing === undefined || this.#holders(pin.reveal()).some(({ server }) => server.answers)) return;
    await within(this.#options.clock, timeoutMs, failing);
  }

  #changed(server: BbbServer, pins: ReadonlySet<string>): void {
    for (const pin of pins) this.#noteClash(pin);
    for (const pin of pins) {
      const listeners = this.#openListeners.get(pin);
      if (listeners !== undefined && server.meeting(pin) !== undefined)
        for (const listener of [...listeners]) listener();
    }
  }

  #noteClash(pin: string): void {
    this.#clashes.note(pin, this.#holders(pin));
  }

  /** bbb-webhooks sends the audio bridge once and getMeetings never, so it must survive a restart. */
  #keepAudio({ meetingId, audioBridge }: Meeting): void {
    const { audioBridges, events } = this.#options;
    if (audioBridge !== undefined) audioBridges.add(meetingId, audioBridge).catch(events.onBug);
  }
}
