/**
 * Types for the part of drachtio-srf 5 that einwahl uses; the published types lack most of it (reconnection, meta data,
 * error codes).
 */
import type { Socket } from "node:net";

import Srf from "drachtio-srf";

/** Headers of an outgoing message. */
export type Headers = Readonly<Record<string, string>>;

/** drachtio-srf's parsed message (sip-parser/message.js); header names are in lower case. */
export interface SrfParsedMessage {
  headers: Record<string, string>;
  method?: string;
}

export interface SrfMessage {
  readonly msg: SrfParsedMessage;
  readonly body: string | undefined;
  /** The source; for TCP and TLS the remote end of the flow. */
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  /** The values of a header, joined by commas; `undefined` if absent. */
  get(name: string): string | undefined;
}

export interface SrfRequest extends SrfMessage {
  readonly method: string;
  readonly uri: string;
  on(event: "cancel", listener: () => void): void;
  /** `acknowledge` sends the ACK of a 2xx to an INVITE; drachtio sends those of other responses itself. */
  on(event: "response", listener: (response: SrfReceivedResponse, acknowledge: () => void) => void): void;
  removeAllListeners(): void;
}

export interface SrfReceivedResponse extends SrfMessage {
  readonly status: number;
  readonly reason: string;
}

export interface SrfResponse {
  readonly msg: SrfParsedMessage;
  send(status: number, reason: string, options: { headers?: Headers; body?: string }): void;
  /** The final response was handed to the connection. */
  once(event: "end", listener: () => void): void;
}

export interface SrfDialog {
  readonly id: string;
  readonly req: SrfRequest;
  readonly res: SrfResponse;
  readonly sip: { callId: string };
  /** `contact`: our Contact as sent by drachtio. `sdp`: of our INVITE. */
  readonly local: { readonly contact: string; readonly sdp: string };
  readonly remote: { uri: string; sdp: string };
  /** Re-INVITEs that are pending or queued. */
  readonly _reinvitesInProgress: { count: number };
  on(event: "destroy", listener: (request: SrfRequest, reason?: string) => void): void;
  on(event: "modify" | "update" | "info", listener: (request: SrfRequest, response: SrfResponse) => void): void;
  on(event: "ack", listener: (request: SrfRequest) => void): void;
  off(event: "ack", listener: () => void): void;
  once(event: "ack", listener: (request: SrfRequest) => void): void;
  /** Sends a re-INVITE and resolves to the peer's answer. */
  modify(sdp: string): Promise<string>;
  removeAllListeners(): void;
}

/** drachtio-srf's error for a failed request. */
export interface SrfError extends Error {
  readonly code?: string;
  readonly status?: number;
}

export interface SrfConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly enablePing: boolean;
  /** Milliseconds, 5000 to 300000. */
  readonly pingInterval: number;
  readonly reconnect: { readonly retryMaxDelay: number };
}

export interface SrfRequestOptions {
  readonly method: string;
  /** The next hop, if it differs from the URI's. */
  readonly proxy?: string;
  readonly headers?: Headers;
  readonly body?: string;
  /** Sends in a dialog that drachtio knows; the URI is then a placeholder. */
  readonly stackDialogId?: string;
}

export interface SrfLike {
  connect(options: SrfConnectOptions): void;
  disconnect(): void;
  /** drachtio's version and listen addresses, or the error if authentication failed. */
  on(
    event: "connect",
    listener: (error: Error | null, hostPorts?: string, version?: string, localHostPorts?: string) => void,
  ): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "close", listener: () => void): void;
  invite(handler: (request: SrfRequest, response: SrfResponse) => void): void;
  request(
    uri: string,
    options: SrfRequestOptions,
    callback: (error: SrfError | null, request?: SrfRequest) => void,
  ): void;
  createUAS(
    request: SrfRequest,
    response: SrfResponse,
    options: { localSdp: string; headers?: Headers },
    callback: (error: SrfError | null, dialog?: SrfDialog) => void,
  ): void;
  /** Sends an INVITE without SDP. `ack` sends the answer to the peer's offer; `destroy` aborts. */
  createUAC(
    uri: string,
    options: { noAck: true; headers: Headers },
  ): Promise<{ readonly sdp: string; ack(sdp: string): Promise<SrfDialog>; destroy(): Promise<void> }>;
  /** Registers a dialog by its ID for in-dialog requests; new dialogs are registered automatically. */
  addDialog(dialog: SrfDialog): void;
  /** By drachtio's dialog ID. */
  findDialogById(dialogId: string): SrfDialog | undefined;
  /** Unregisters a dialog whose BYE was sent by other means. */
  removeDialog(dialog: SrfDialog): void;
}

/** drachtio-srf's internal agent; exists after `connect` was called. */
export interface SrfAgent {
  readonly wp: {
    closing?: boolean;
    on(event: "connect", listener: (socket: Socket) => void): void;
    /** Sends a frame, prefixed with a new message ID. */
    send(socket: Socket, payload: string): string;
  };
  /** Routes requests of this method outside of dialogs to einwahl, also after reconnections. */
  route(method: string): void;
  /** Processes one payload. */
  _onMsg(socket: Socket, payload: string): void;
}

/** Throws before `connect`. */
export function agentOf(srf: SrfLike): SrfAgent {
  const { client } = (srf as unknown as { app: { client?: SrfAgent } }).app;
  if (client === undefined) throw new Error("drachtio-srf: connect has not been called");
  return client;
}

export function makeSrf(): SrfLike {
  return new Srf() as unknown as SrfLike;
}

/**
 * Stops reconnection attempts. drachtio-srf 5.0.29's `disconnect` throws without a connection, and its reconnect loop would
 * run forever.
 */
export function stopConnecting(srf: SrfLike): void {
  const { client } = (srf as unknown as { app: { client?: { wp: { closing?: boolean } } } }).app;
  if (client !== undefined) client.wp.closing = true;
}
