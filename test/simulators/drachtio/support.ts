import { once } from "node:events";
import { connect, type Socket } from "node:net";

import Srf from "drachtio-srf";

import { EmbeddedDrachtio, type EmbeddedDrachtioOptions } from "../../../src/simulators/drachtio/embedded-drachtio.js";
import type { InviteOptions, SipDialog, SipUserAgent } from "../../../src/softphone/sip/index.js";
import { FrameReader } from "../../../src/util/frames.js";
import { fast, until } from "../../softphone/sip/support.js";

export const someSdp =
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n";

/** The parts of drachtio-srf used in tests; its own types are incorrect. */
export interface Message {
  readonly source: string;
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  readonly receivedOn: string;
  readonly status: number;
  readonly method: string;
  readonly body: string;
  readonly stackDialogId: string;
  get(name: string): string;
  has(name: string): boolean;
  on(event: "cancel" | "response", listener: (message: Message) => void): void;
  cancel(callback: (error: unknown) => void): void;
  send(
    status: number,
    options?: { headers?: Record<string, string>; body?: string },
    callback?: (error: unknown) => void,
  ): void;
}

export interface Dialog {
  readonly id: string;
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly local: { readonly sdp: string };
  readonly remote: { readonly sdp: string };
  destroy(): Promise<unknown>;
  modify(sdp: string): Promise<string>;
  request(options: object): Promise<Message>;
  on(event: "modify" | "info", listener: (request: Message, response: Message) => void): void;
  on(event: "ack", listener: (ack: Message) => void): void;
  on(event: "destroy", listener: (bye: Message, reason: string) => void): void;
}

/** A call without our offer, whose 200 has one. */
export interface LateAnswer {
  readonly sdp: string;
  ack(localSdp: string): Promise<Dialog>;
  destroy(): Promise<void>;
}

type Handler = (request: Message, response: Message) => void;

export interface App {
  invite(handler: Handler): void;
  options(handler: Handler): void;
  createUAS(
    request: Message,
    response: Message,
    options: { localSdp: string; headers?: Record<string, string> },
  ): Promise<Dialog>;
  createUAC(
    uri: string,
    options: { readonly noAck: true; readonly headers?: Record<string, string> },
  ): Promise<LateAnswer>;
  createUAC(
    uri: string,
    options: object,
    callbacks?: { cbRequest?: (error: unknown, request: Message) => void; cbProvisional?: (response: Message) => void },
  ): Promise<Dialog>;
  request(options: object, callback: (error: unknown, request: Message) => void): void;
  on(event: string, listener: (...args: unknown[]) => void): void;
  disconnect(): void;
}

/** A drachtio-srf application, connected and authenticated. */
export async function application(server: EmbeddedDrachtio): Promise<App & { hostport: string }> {
  const srf = new Srf();
  const connected = once(srf, "connect") as Promise<[unknown, string]>;
  await srf.connect({ host: "127.0.0.1", port: server.controlPort, secret: "secret" });
  const [error, hostport] = await connected;
  if (error instanceof Error) throw error;
  return Object.assign(srf as unknown as App, { hostport });
}

/** Resolves when the server has executed all earlier commands: it processes them in order. */
export function settled(app: App): Promise<void> {
  return new Promise((resolve) => {
    // An ACK without a dialog is rejected but not a fault.
    app.request({ method: "ACK", uri: "sip:placeholder", stackDialogId: "none" }, () => {
      resolve();
    });
  });
}

export interface Answered {
  readonly request: Message;
  readonly dialog: Dialog;
}

/** Makes the application answer calls; resolves with the first one. */
export async function answerCalls(
  app: App,
  headers: Record<string, string> = {},
): Promise<{ first: Promise<Answered> }> {
  const first = new Promise<Answered>((resolve, reject) => {
    app.invite((request, response) => {
      app.createUAS(request, response, { localSdp: someSdp, headers }).then((dialog) => {
        resolve({ request, dialog });
      }, reject);
    });
  });
  await settled(app);
  return { first };
}

/** A call from the phone, answered by the application. */
export async function answeredCall(
  app: App,
  phone: SipUserAgent,
  uri: string,
  options: { headers?: Record<string, string>; call?: Partial<InviteOptions> } = {},
): Promise<Answered & { theirs: SipDialog }> {
  const { first } = await answerCalls(app, options.headers);
  const from = { user: "+4930111", displayName: "Jörg 📞" };
  const call = await phone.invite({ uri, from, sdp: someSdp, ...options.call }).result;
  if (!call.ok) throw new Error(`refused: ${call.failure.status}`);
  return { ...(await first), theirs: call.value };
}

/** Sends a request of the application and waits for the final response. */
export function answerTo(app: App, options: object): Promise<Message> {
  return new Promise((resolve, reject) => {
    app.request(options, (error, request) => {
      if (error instanceof Error) {
        reject(error);
        return;
      }
      request.on("response", (response) => {
        if (response.status >= 200) resolve(response);
      });
    });
  });
}

export async function startServer(
  options: Partial<EmbeddedDrachtioOptions> = {},
): Promise<EmbeddedDrachtio & { faults: string[] }> {
  const server = await EmbeddedDrachtio.start({
    control: { address: "127.0.0.1", port: 0, secret: "secret" },
    sip: [
      { transport: "udp", address: "127.0.0.1", port: 0 },
      { transport: "tcp", address: "127.0.0.1", port: 0 },
    ],
    timers: fast,
    ...options,
  });
  const faults: string[] = [];
  server.onFault = (reason) => faults.push(reason);
  return Object.assign(server, { faults });
}

/** Why a promise was rejected. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "not rejected",
    (error: unknown) => error,
  );
}

/** Closes the server after checking that no call is left. */
export async function stopServer(
  t: { equal: (a: unknown, b: unknown, message: string) => unknown },
  server: EmbeddedDrachtio,
): Promise<void> {
  await until(
    () => server.counts().transactions + server.counts().dialogs === 0,
    `an idle server, not ${JSON.stringify(server.counts())}`,
  );
  await server.close();
  const { dialogs, transactions, lingering, connections, applications } = server.counts();
  t.equal(dialogs + transactions + lingering + connections + applications, 0, "nothing left in the server");
}

/** A raw connection for arbitrary commands. */
export class RawApplication {
  readonly socket: Socket;
  readonly heard: string[] = [];
  readonly #reader = new FrameReader(100_000);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      const payloads = this.#reader.push(chunk);
      if (payloads.ok) this.heard.push(...payloads.value.map((payload) => payload.slice(payload.indexOf("|") + 1)));
    });
  }

  static async connect(server: EmbeddedDrachtio): Promise<RawApplication> {
    const socket = connect(server.controlPort, "127.0.0.1");
    await once(socket, "connect");
    return new RawApplication(socket);
  }

  /** Resolves when the server has closed the connection. */
  closed(): Promise<void> {
    return until(() => this.socket.closed, "a closed connection");
  }

  send(payload: string): void {
    this.socket.write(`${Buffer.byteLength(payload)}#${payload}`);
  }

  /** Sends `id|...` and returns what follows `response|id|`. */
  async ask(command: string): Promise<string> {
    const id = `q${this.heard.length}-${Math.random()}`;
    this.send(`${id}|${command}`);
    const find = (): string | undefined => this.heard.find((payload) => payload.startsWith(`response|${id}|`));
    await until(() => find() !== undefined, `an answer to ${command.slice(0, 40)}`);
    return (find() ?? "").slice(`response|${id}|`.length);
  }
}
