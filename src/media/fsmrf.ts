/**
 * Types for the part of drachtio-fsmrf 4 that einwahl uses; the package has none. It keeps one connection to FreeSWITCH
 * and accepts one from FreeSWITCH per channel.
 */
import { createRequire } from "node:module";
import type { Server, Socket } from "node:net";

import type { SrfDialog, SrfLike } from "../sip/srf.js";
import type { Clock } from "../util/clock.js";
import { within } from "../util/wait.js";
import type { ChannelConnection, FsEvent } from "./channel-connection.js";
import { ChannelSocket } from "./channel-socket.js";

export interface FsmrfEndpoint {
  readonly uuid: string;
  readonly local: { sdp: string };
  /** Not of a channel that another process has opened. */
  readonly remote?: { sdp: string };
  /** `undefined` after the channel's connection has ended, contrary to the package's documentation. */
  readonly conn: ChannelConnection | null | undefined;
  readonly dialog: SrfDialog;
  on(
    event: "dtmf",
    listener: (event: { readonly dtmf: string; readonly duration: string; readonly source: string }) => void,
  ): void;
  on(event: "destroy", listener: (event?: { readonly reason?: string }) => void): void;
  removeAllListeners(): void;
  /** Runs an application. Calls back when it has ended; never if the channel is destroyed first. */
  execute(application: string, argument: string, callback: (error: Error | null, event?: FsEvent) => void): void;
  api(command: string, argument: string, callback: (error: Error | null, event?: FsEvent) => void): void;
  destroy(callback: (error: Error | null) => void): void;
  /** Of a channel that another process has opened: calls back once its connection is there. */
  whenConnected?(listener: (endpoint: FsmrfEndpoint) => void): void;
}

export interface FsmrfMediaServer {
  createEndpoint(options: {
    readonly remoteSdp: string;
    readonly headers: Readonly<Record<string, string>>;
  }): Promise<FsmrfEndpoint>;
  disconnect(): void;
  on(event: "error", listener: (error: Error) => void): void;
  /** The control connection has ended. */
  on(event: "end", listener: () => void): void;
}

export interface FsmrfConnectOptions {
  readonly address: string;
  readonly port: number;
  readonly secret: string;
  readonly profile: string;
  /** The local address that accepts FreeSWITCH's connections for channels. */
  readonly listenAddress: string;
  readonly listenPort: number;
  /** The address that FreeSWITCH connects to. */
  readonly advertisedAddress: string;
}

interface FsmrfLike {
  connect(options: FsmrfConnectOptions): Promise<FsmrfMediaServer>;
}

type FsmrfConstructor = new (srf: SrfLike) => FsmrfLike;

const load = createRequire(import.meta.url);

function makeFsmrf(srf: SrfLike): FsmrfLike {
  const Mrf = load("drachtio-fsmrf") as FsmrfConstructor;
  return new Mrf(srf);
}

const connectTimeoutMs = 3_000;

/** Private members of drachtio-fsmrf's media server (4.1.2, lib/mediaserver.js). */
interface FsmrfServer {
  readonly _server: { readonly server: Server };
  /** Finds the INVITE to which the channel belongs. */
  _onNewCall(connection: ChannelConnection, id: string): void;
}

/** Takes FreeSWITCH's connections for channels in place of drachtio-modesl. */
function takeConnections(fsmrf: FsmrfMediaServer): void {
  const inside = fsmrf as FsmrfMediaServer & FsmrfServer;
  const { server } = inside._server;
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    new ChannelSocket(socket, (connection) => {
      inside._onNewCall(connection, "");
    });
  });
}

/** Connects to a media server; `undefined`: not in time, or refused. @param onEnd the connection has ended */
export async function connectFsmrf(
  srf: SrfLike,
  options: FsmrfConnectOptions,
  clock: Clock,
  onEnd: () => void,
): Promise<FsmrfMediaServer | undefined> {
  const connecting = makeFsmrf(srf)
    .connect(options)
    .then(
      (connected) => {
        // drachtio-modesl reconnects after connection errors.
        connected.on("error", () => undefined);
        connected.on("end", onEnd);
        takeConnections(connected);
        return connected;
      },
      () => undefined,
    );
  const server = await within(clock, connectTimeoutMs, connecting);
  if (server === undefined)
    connecting.then(
      (late) => late?.disconnect(),
      () => undefined,
    );
  return server;
}
