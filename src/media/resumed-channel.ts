import type { SrfDialog } from "../sip/srf.js";
import type { ChannelConnection, FsEvent } from "./channel-connection.js";
import type { FsmrfEndpoint } from "./fsmrf.js";

/** Events of a channel, from the media server's inbound event socket. */
export interface ChannelEvents {
  readonly onKey: (key: { readonly dtmf: string; readonly duration: string; readonly source: string }) => void;
  readonly onHangUp: (cause: string) => void;
}

export interface ResumedChannelParts {
  readonly uuid: string;
  /** FreeSWITCH's current session description. */
  readonly sdp: string;
  readonly dialog: SrfDialog;
  /** Runs an API command; `undefined` without a response. */
  readonly ask: (command: string) => Promise<string | undefined>;
  /** Listens to the channel's events; returns the unsubscribe function. */
  readonly watch: (events: ChannelEvents) => () => void;
  /** Resolves when the dialplan has connected the channel to this process; at its earliest when its bridge has ended. */
  readonly connected: Promise<FsmrfEndpoint>;
  readonly onBug: (error: unknown) => void;
}

interface Listeners {
  dtmf: ((event: { readonly dtmf: string; readonly duration: string; readonly source: string }) => void)[];
  destroy: ((event?: { readonly reason?: string }) => void)[];
}

type Done = (error: Error | null, event?: FsEvent) => void;

/**
 * A channel that another process has opened. While its bridge lasts, FreeSWITCH runs no other application on it, and it is
 * watched and commanded over the inbound event socket; after that it is an endpoint of drachtio-fsmrf as any other.
 */
export class ResumedChannel implements FsmrfEndpoint {
  readonly uuid: string;
  readonly local: { readonly sdp: string };
  readonly dialog: SrfDialog;
  readonly #parts: ResumedChannelParts;
  readonly #listeners: Listeners = { dtmf: [], destroy: [] };
  readonly #unwatch: () => void;
  /** Applications to run once the channel is connected. */
  readonly #queue: (() => void)[] = [];
  #endpoint: FsmrfEndpoint | undefined;
  #onConnected: ((endpoint: FsmrfEndpoint) => void)[] = [];
  /** `cut`: its connection has ended, and its hang-up event may follow with the cause. */
  #state: "up" | "cut" | "gone" = "up";

  constructor(parts: ResumedChannelParts) {
    this.uuid = parts.uuid;
    this.local = { sdp: parts.sdp };
    this.dialog = parts.dialog;
    this.#parts = parts;
    this.#unwatch = parts.watch({
      onKey: (key) => {
        if (this.#endpoint === undefined) this.#emitKey(key);
      },
      onHangUp: (reason) => {
        this.#emitGone({ reason });
      },
    });
    parts.connected.then((endpoint) => {
      this.#take(endpoint);
    }, parts.onBug);
  }

  get conn(): ChannelConnection | null | undefined {
    return this.#endpoint?.conn;
  }

  /** Calls back once the channel is connected, at once if it is. */
  whenConnected(listener: (endpoint: FsmrfEndpoint) => void): void {
    if (this.#endpoint === undefined) this.#onConnected.push(listener);
    else listener(this.#endpoint);
  }

  on(event: "dtmf" | "destroy", listener: Listeners["dtmf"][number] & Listeners["destroy"][number]): void {
    this.#listeners[event].push(listener);
  }

  removeAllListeners(): void {
    this.#listeners.dtmf = [];
    this.#listeners.destroy = [];
    this.#onConnected = [];
    this.#unwatch();
    this.#endpoint?.removeAllListeners();
  }

  execute(application: string, argument: string, callback: Done): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined)
      this.#queue.push(() => {
        this.#endpoint?.execute(application, argument, callback);
      });
    else endpoint.execute(application, argument, callback);
  }

  api(command: string, argument: string, callback: Done): void {
    this.#parts.ask(`${command} ${argument}`).then((body) => {
      callback(null, { getHeader: () => undefined, getBody: () => body ?? "" });
    }, this.#parts.onBug);
  }

  /** The media server is down: its channels are gone. */
  lost(): void {
    this.#emitGone();
  }

  /** Kills the channel: drachtio does not forward FreeSWITCH's BYE, for which drachtio-fsmrf's `destroy` waits. */
  destroy(callback: (error: Error | null) => void): void {
    this.#state = "gone";
    this.#unwatch();
    this.#parts.ask(`uuid_kill ${this.uuid}`).then(() => {
      callback(null);
    }, this.#parts.onBug);
  }

  #take(endpoint: FsmrfEndpoint): void {
    if (this.#state !== "up") return;
    this.#endpoint = endpoint;
    endpoint.on("dtmf", (key) => {
      this.#emitKey(key);
    });
    endpoint.on("destroy", (event) => {
      this.#emitGone(event);
    });
    for (const listener of this.#onConnected.splice(0)) listener(endpoint);
    for (const run of this.#queue.splice(0)) run();
  }

  #emitKey(key: Parameters<ChannelEvents["onKey"]>[0]): void {
    for (const listener of this.#listeners.dtmf) listener(key);
  }

  #emitGone(event?: { readonly reason?: string }): void {
    if (this.#state === "gone" || (this.#state === "cut" && event?.reason === undefined)) return;
    this.#state = event?.reason === undefined ? "cut" : "gone";
    if (this.#state === "gone") this.#unwatch();
    for (const listener of this.#listeners.destroy) listener(event);
  }
}
