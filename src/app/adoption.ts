import type { Logger } from "pino";

import type { CallRecord } from "../call/record.js";
import type { PooledServer } from "../media/media-servers.js";
import type { DrachtioConnection } from "../sip/drachtio-connection.js";
import type { DialogBook } from "../store/dialog-book.js";
import { forEachAtOnce } from "../util/at-once.js";
import type { Clock } from "../util/clock.js";
import type { Calls } from "./calls.js";
import { endLeftDialogs } from "./left-dialogs.js";
import type { Ownership } from "./ownership.js";

/** The part of a media server that is searched for calls. */
export type SearchedServer = Pick<PooledServer, "name" | "state" | "leftChannels" | "resume">;

export interface AdoptionParts {
  readonly servers: () => readonly SearchedServer[];
  readonly signalling: Pick<DrachtioConnection, "state" | "resume" | "release" | "endDialog">;
  readonly calls: Pick<Calls, "adopt" | "isClosed">;
  readonly ownership: Ownership;
  readonly dialogs: DialogBook;
  /** The living instances; `undefined` without Redis. */
  readonly instances: () => readonly { readonly id: string }[] | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Interval of the search for calls that another instance has left, in milliseconds. */
const retryMs = 2_000;
/** Searches after the last event that may have left calls: a claim or Redis may come late. */
const maxRetries = 5;
/** Calls taken over at a time, on each media server. */
const adoptedAtOnce = 10;
/** So long after the start, dialogs without a channel are left over: media servers may come up late. Milliseconds. */
const settledAfterMs = 15_000;

/**
 * Takes over calls that no process handles: those of the process before this one, and with Redis those of an instance that
 * has died. Searches when a media server or drachtio is up, and when an instance is lost.
 */
export class Adoption {
  readonly #parts: AdoptionParts;
  readonly #unsubscribe: () => void;
  #retries = 0;
  #cancelTimer: () => void = () => undefined;
  #state: "waiting" | "open" | "closed" = "waiting";
  #searching: Promise<void> | undefined;
  /** Channels whose record this version can't read; reported once. */
  readonly #unreadable = new Set<string>();
  readonly #adopted = new Set<string>();
  /** In the last search: dialogs whose channels are there, but were not taken over. */
  readonly #others = new Set<string>();
  /** In the last search: calls without an owner that could not be taken over. */
  #failures = 0;
  #cancelSettled: () => void = () => undefined;

  constructor(parts: AdoptionParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.ownership.onInstanceLost(() => {
      this.look();
    });
  }

  /** Begins to search; before that the directory knows no conferences. */
  open(): void {
    if (this.#state === "waiting") this.#state = "open";
    this.#cancelSettled = this.#parts.clock.after(settledAfterMs, () => {
      this.#endLeftDialogs().catch((error: unknown) => {
        this.#parts.logger.error({ err: error }, "unexpected error");
      });
    });
    this.look();
  }

  close(): void {
    this.#state = "closed";
    this.#cancelTimer();
    this.#cancelSettled();
    this.#unsubscribe();
  }

  /** A media server or drachtio is up: searches now, and some more times. */
  look(): void {
    this.#retries = maxRetries;
    this.#search();
  }

  #search(): void {
    const { signalling, calls, logger } = this.#parts;
    if (this.#state !== "open" || calls.isClosed || signalling.state !== "connected") return;
    if (this.#searching !== undefined) return;
    this.#cancelTimer();
    this.#searching = this.#all()
      .catch((error: unknown) => {
        logger.error({ err: error }, "unexpected error");
      })
      .finally(() => {
        this.#searching = undefined;
        this.#again();
      });
  }

  #again(): void {
    if (this.#state !== "open" || (this.#retries === 0 && this.#failures === 0)) return;
    this.#retries = Math.max(0, this.#retries - 1);
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.clock.after(retryMs, () => {
      this.#search();
    });
  }

  /** All channels that can be taken over are: the callers of the other dialogs hear nothing. */
  async #endLeftDialogs(): Promise<void> {
    const { dialogs, instances, signalling, clock, logger } = this.#parts;
    await this.#searching;
    // Any of them may belong to a call that goes on, of another version: its record hides which.
    if (this.#unreadable.size > 0) return;
    const left = await endLeftDialogs({
      book: dialogs,
      adopted: this.#adopted,
      hasChannel: (dialogId) => this.#others.has(dialogId),
      isAlive: (instance) => instances()?.some(({ id }) => id === instance) === true,
      signalling,
      clock,
    });
    if (left.ended + left.failed > 0) logger.warn(left, "ended calls whose media server was gone as well");
  }

  async #all(): Promise<void> {
    this.#others.clear();
    this.#failures = 0;
    const servers = this.#parts.servers().filter(({ state }) => state.kind === "up");
    await Promise.all(servers.map((server) => this.#on(server)));
  }

  async #on(server: SearchedServer): Promise<void> {
    const { ownership, logger } = this.#parts;
    await forEachAtOnce(await server.leftChannels(), adoptedAtOnce, async ({ channelId, record }) => {
      if (this.#state === "closed") return;
      if (record.ok) {
        const mayAdopt = await ownership.mayAdopt(record.value.owner, channelId);
        const isAdopted = mayAdopt && (await this.#adopt(server, channelId, record.value));
        if (mayAdopt && !isAdopted) this.#failures += 1;
        if (!isAdopted) this.#others.add(record.value.line.dialogId);
      } else if (!this.#unreadable.has(channelId)) {
        this.#unreadable.add(channelId);
        logger.warn(
          { mediaServer: server.name },
          "a call of another version of einwahl cannot be taken over: it ends with its conference",
        );
      }
    });
  }

  async #adopt(server: SearchedServer, channelId: string, record: CallRecord): Promise<boolean> {
    const { signalling, calls, ownership, dialogs, logger } = this.#parts;
    const resumed = await server.resume(channelId, record);
    if (!resumed.ok) {
      ownership.release(channelId);
      return false;
    }
    const { endpoint, bridge, callerSdp } = resumed.value;
    const { dialogId } = record.line;
    this.#adopted.add(dialogId);
    const call = signalling.resume(record.line, callerSdp);
    // The entry that `resume` has made for this instance replaces it.
    dialogs.remove(dialogId, record.owner).catch((error: unknown) => {
      logger.error({ err: error }, "unexpected error");
    });
    calls.adopt({ call, endpoint, record, bridge }, (fate) => {
      signalling.release(call, fate);
      ownership.release(channelId);
    });
    return true;
  }
}
