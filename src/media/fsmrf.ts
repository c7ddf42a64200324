/**
 * The part of drachtio-fsmrf 4 that einwahl uses, with types, which the package does not have. It keeps one
 * connection to FreeSWITCH and gets one from FreeSWITCH for each channel.
 */
import { createRequire } from "node:module";

import type { SrfDialog, SrfLike } from "../sip/srf.js";
import { decodeEventsTolerantly } from "./event-headers.js";

/** An event of the event socket. Header values are decoded. */
export interface FsEvent {
  getHeader(name: string): string | undefined;
  getBody(): string;
}

/** The connection that FreeSWITCH has opened for a channel (drachtio-modesl). */
export interface ChannelConnection {
  /** The channel as it was when it connected. */
  getInfo(): FsEvent;
  /** Gone when the connection has ended. */
  readonly socket: { setNoDelay(isOn: boolean): void } | null;
  subscribe(events: readonly string[]): void;
  on(event: string, listener: (event: FsEvent) => void): void;
  removeAllListeners(event?: string): void;
  disconnect(): void;
}

export interface FsmrfEndpoint {
  readonly uuid: string;
  readonly local: { readonly sdp: string };
  /** `undefined` once the channel's connection has ended, against what the package says. */
  readonly conn: ChannelConnection | null | undefined;
  readonly dialog: SrfDialog;
  on(
    event: "dtmf",
    listener: (event: { readonly dtmf: string; readonly duration: string; readonly source: string }) => void,
  ): void;
  on(event: "destroy", listener: (event?: { readonly reason?: string }) => void): void;
  removeAllListeners(): void;
  /** Runs an application; the callback comes when it has ended, or never when the channel goes away meanwhile. */
  execute(application: string, argument: string, callback: (error: Error | null, event?: FsEvent) => void): void;
  api(command: string, argument: string, callback: (error: Error | null, event?: FsEvent) => void): void;
  destroy(callback: (error: Error | null) => void): void;
}

export interface FsmrfMediaServer {
  createEndpoint(options: {
    readonly remoteSdp: string;
    readonly headers: Readonly<Record<string, string>>;
  }): Promise<FsmrfEndpoint>;
  disconnect(): void;
  on(event: "error", listener: (error: Error) => void): void;
}

export interface FsmrfConnectOptions {
  readonly address: string;
  readonly port: number;
  readonly secret: string;
  readonly profile: string;
  /** Where FreeSWITCH's connections for the channels are taken. */
  readonly listenAddress: string;
  readonly listenPort: number;
  /** What FreeSWITCH is told to connect to. */
  readonly advertisedAddress: string;
}

interface FsmrfLike {
  connect(options: FsmrfConnectOptions): Promise<FsmrfMediaServer>;
}

type FsmrfConstructor = new (srf: SrfLike) => FsmrfLike;

const load = createRequire(import.meta.url);

export function makeFsmrf(srf: SrfLike): FsmrfLike {
  decodeEventsTolerantly();
  const Mrf = load("drachtio-fsmrf") as FsmrfConstructor;
  return new Mrf(srf);
}
