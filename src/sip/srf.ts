/**
 * The part of drachtio-srf 5 that einwahl uses, with the types that it really has: the published ones leave
 * out most of what is needed here (reconnection, meta data, error codes).
 */
import type { Socket } from "node:net";

import Srf from "drachtio-srf";

/** Headers of a message that is sent. */
export type Headers = Readonly<Record<string, string>>;

/** What drachtio-srf keeps of a message (its sip-parser/message.js); names of headers are in lower case. */
export interface SrfParsedMessage {
  headers: Record<string, string>;
  method?: string;
}

export interface SrfMessage {
  readonly msg: SrfParsedMessage;
  readonly body: string | undefined;
  /** Where it came from; the flow's far end for TCP and TLS. */
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  /** The value of a header, several joined by commas, `undefined` when absent. */
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
}

export interface SrfDialog {
  readonly id: string;
  readonly req: SrfRequest;
  readonly res: SrfResponse;
  readonly sip: { callId: string };
  /** `contact`: our own Contact, as drachtio has sent it. `sdp`: of our INVITE. */
  readonly local: { readonly contact: string; readonly sdp: string };
  readonly remote: { uri: string; sdp: string };
  /** Re-INVITEs that are under way or wait for their turn. */
  readonly _reinvitesInProgress: { count: number };
  on(event: "destroy", listener: (request: SrfRequest, reason?: string) => void): void;
  on(event: "modify" | "update" | "info", listener: (request: SrfRequest, response: SrfResponse) => void): void;
  on(event: "ack", listener: (request: SrfRequest) => void): void;
  off(event: "ack", listener: () => void): void;
  once(event: "ack", listener: (request: SrfRequest) => void): void;
  /** Sends a re-INVITE; the other side's answer. */
  modify(sdp: string): Promise<string>;
  removeAllListeners(): void;
}

/** drachtio-srf's own account of how an in-dialog request failed. */
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
  /** The next hop, when it is not the one of the URI. */
  readonly proxy?: string;
  readonly headers?: Headers;
  readonly body?: string;
  /** Sends within a dialog that drachtio knows; the URI is a placeholder then. */
  readonly stackDialogId?: string;
}

export interface SrfLike {
  connect(options: SrfConnectOptions): void;
  disconnect(): void;
  /** drachtio's version and the addresses that it listens on, or why it refused us. */
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
  /** An INVITE without SDP: the answer to the other side's offer goes out with `ack`; `destroy` gives up. */
  createUAC(
    uri: string,
    options: { noAck: true; headers: Headers },
  ): Promise<{ readonly sdp: string; ack(sdp: string): Promise<SrfDialog>; destroy(): Promise<void> }>;
  /** Has requests within the dialog handed to it, by its id; a dialog is there from its making on. */
  addDialog(dialog: SrfDialog): void;
  /** By drachtio's id. */
  findDialogById(dialogId: string): SrfDialog | undefined;
  /** Forgets a dialog, whose BYE has been sent in another way. */
  removeDialog(dialog: SrfDialog): void;
}

/** What is behind an `SrfLike` once `connect` has been called. */
export interface SrfAgent {
  readonly wp: {
    closing?: boolean;
    on(event: "connect", listener: (socket: Socket) => void): void;
    /** Sends a frame with an id of its own before it. */
    send(socket: Socket, payload: string): string;
  };
  /** Has drachtio hand over requests of this method outside of dialogs, now and after each reconnection. */
  route(method: string): void;
  /** Takes one payload. */
  _onMsg(socket: Socket, payload: string): void;
}

/** Throws before `connect`. */
export function agentOf(srf: SrfLike): SrfAgent {
  const { client } = (srf as unknown as { app: { client?: SrfAgent } }).app;
  if (client === undefined) throw new Error("drachtio-srf has not been told to connect");
  return client;
}

export function makeSrf(): SrfLike {
  return new Srf() as unknown as SrfLike;
}

/**
 * Ends the attempts to connect. `disconnect` does that only where there is a connection: without one it throws, and
 * drachtio-srf would try for ever.
 */
export function stopConnecting(srf: SrfLike): void {
  const { client } = (srf as unknown as { app: { client?: { wp: { closing?: boolean } } } }).app;
  if (client !== undefined) client.wp.closing = true;
}
