import { connect as connectTcp, createServer as createTcpServer, isIP, type Server, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer, Server as TlsServer } from "node:tls";

import type { Clock } from "../../util/clock.js";
import { failure, type Result, success } from "../../util/result.js";
import { Connection, type ConnectionEvents, type IdleBounds } from "./connection.js";
import {
  addressKey,
  type Flow,
  type ListenAddress,
  mayReach,
  onlyFamily,
  plainAddress,
  reachableAddress,
  type SipAddress,
  type TlsOptions,
  type Transport,
  type TransportFailure,
} from "./flow.js";
import { type SipMessage, SipResponse } from "./message.js";
import { type MessageFault, parseMessage } from "./parse.js";
import { UdpSocket } from "./udp-socket.js";
import { formatHostPort } from "./uri.js";

export interface TransportOptions {
  readonly listen: readonly ListenAddress[];
  readonly tls?: TlsOptions;
  readonly clock: Clock;
  /** Default: 32 s for the first message, 30 minutes between messages. */
  readonly idle?: IdleBounds;
}

const connectMs = 8_000;
const maxConnections = 2_000;

/** The sockets of one SIP element: listening sockets, and inbound and outbound connections. */
export class TransportLayer {
  readonly #options: TransportOptions;
  readonly #udp: UdpSocket[] = [];
  readonly #servers: { readonly server: Server; readonly address: SipAddress }[] = [];
  readonly #connections = new Set<Connection>();
  /** Reusable connections by target address, which with `;alias` differs from the source address. */
  readonly #byAddress = new Map<string, Connection>();
  readonly #opening = new Map<string, Promise<Result<Connection, TransportFailure>>>();
  readonly #handshakes = new Set<Socket>();
  #closed = false;

  /** Called for every well-formed message. */
  onMessage: (message: SipMessage, flow: Flow) => void = () => undefined;
  /** Called when a connection ends. */
  onClosed: (flow: Flow) => void = () => undefined;

  private constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Rejects, with nothing left open, if a port is in use, or for a TLS listener without key and certificate. */
  static async open(options: TransportOptions): Promise<TransportLayer> {
    const layer = new TransportLayer(options);
    try {
      for (const listen of options.listen) {
        if (listen.transport === "udp") await layer.#bindUdp(listen);
        else await layer.#listen(listen);
      }
    } catch (error) {
      await layer.close();
      throw error;
    }
    return layer;
  }

  /** The listening addresses, in the order of the options. */
  get addresses(): readonly SipAddress[] {
    const bound = [...this.#udp.map((socket) => socket.address), ...this.#servers.map(({ address }) => address)];
    const order = this.#options.listen.map(({ transport }) => transport);
    return bound.sort((a, b) => order.indexOf(a.transport) - order.indexOf(b.transport));
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** A flow to an address: its open connection, a new one, or for UDP one of our sockets. */
  async flowTo(target: SipAddress): Promise<Result<Flow, TransportFailure>> {
    if (this.#closed) return failure({ reason: "closed" });
    if (target.transport === "udp") {
      const family = isIP(target.address);
      const socket = this.#udp.find((candidate) => family === 0 || candidate.family === family);
      return socket === undefined
        ? failure({ reason: "no UDP socket for that address" })
        : success(socket.flowTo(target));
    }
    if (!mayReach(this.#options.listen, target.address))
      return failure({ reason: "no transport of that address family" });
    const key = addressKey(target);
    const open = this.#byAddress.get(key);
    if (open?.open === true) return success(open);
    const opening = this.#opening.get(key) ?? this.#connect(target);
    this.#opening.set(key, opening);
    const result = await opening;
    this.#opening.delete(key);
    return result;
  }

  /** Uses another certificate for new connections; open ones stay. */
  renewCertificate(pair: { readonly key: string; readonly cert: string }): void {
    for (const { server } of this.#servers) if (server instanceof TlsServer) server.setSecureContext(pair);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const socket of this.#handshakes) socket.destroy();
    for (const connection of this.#connections) connection.destroy();
    await Promise.all([
      ...this.#udp.splice(0).map((socket) => socket.close()),
      ...this.#servers.splice(0).map(
        ({ server }) =>
          new Promise<void>((resolve) => {
            server.close(() => {
              resolve();
            });
          }),
      ),
    ]);
  }

  async #bindUdp(listen: ListenAddress): Promise<void> {
    const socket = await UdpSocket.bind(listen);
    socket.onDatagram = (bytes, flow) => {
      this.#receive(bytes, flow);
    };
    this.#udp.push(socket);
  }

  async #listen(listen: ListenAddress): Promise<void> {
    const tls = this.#options.tls;
    if (listen.transport === "tls" && (tls?.key === undefined || tls.cert === undefined)) {
      throw new Error("listening on TLS needs a key and a certificate");
    }
    const accept = (socket: Socket): void => {
      this.#adopt(socket, listen.transport, false);
    };
    const server =
      listen.transport === "tls"
        ? createTlsServer({ ...keyPair(tls), ...demands(tls), handshakeTimeout: connectMs }, accept)
        : createTcpServer(accept);
    server.maxConnections = maxConnections;
    server.on("connection", (socket: Socket) => {
      // Sockets in the TLS handshake are not in the connection table and would outlive close().
      this.#handshakes.add(socket);
      socket.once("close", () => this.#handshakes.delete(socket));
      socket.on("error", () => undefined);
    });
    server.on("tlsClientError", (_error: Error, socket: Socket) => {
      socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(listen.port, listen.address, () => {
        server.off("error", reject);
        resolve();
      });
    });
    server.on("error", () => undefined);
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : listen.port;
    this.#servers.push({ server, address: { ...listen, port } });
  }

  #connect(target: SipAddress): Promise<Result<Connection, TransportFailure>> {
    const { tls, clock, listen } = this.#options;
    const serverName = tls?.serverName ?? (isIP(target.address) === 0 ? target.address : undefined);
    const socket =
      target.transport === "tls"
        ? connectTls({
            host: target.address,
            port: target.port,
            ...onlyFamily(listen),
            ...(serverName === undefined ? {} : { servername: serverName }),
            ...keyPair(tls),
            ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
            rejectUnauthorized: tls?.verifyPeers === true || (tls?.verify ?? true),
            ...(tls?.verifyPeers === true && { checkServerIdentity: () => undefined }),
          })
        : connectTcp({ host: target.address, port: target.port, ...onlyFamily(listen) });
    this.#handshakes.add(socket);
    socket.once("close", () => this.#handshakes.delete(socket));
    return new Promise((resolve) => {
      const fail = (reason: string): void => {
        cancelTimer();
        socket.destroy();
        resolve(failure({ reason }));
      };
      const cancelTimer = clock.after(connectMs, () => {
        fail("connect timeout");
      });
      socket.on("error", (error: NodeJS.ErrnoException) => {
        fail(error.code ?? error.message);
      });
      socket.once("close", () => {
        fail("closed while connecting");
      });
      socket.once(target.transport === "tls" ? "secureConnect" : "connect", () => {
        cancelTimer();
        if (this.#closed) {
          fail("closed");
          return;
        }
        const connection = this.#adopt(socket, target.transport, true);
        this.#byAddress.set(addressKey(target), connection);
        resolve(success(connection));
      });
    });
  }

  #adopt(socket: Socket, transport: Transport, opened: boolean): Connection {
    const listening = this.#servers.find(({ address }) => address.transport === transport)?.address;
    const peer = plainAddress(socket.remoteAddress ?? "");
    const events: ConnectionEvents = {
      message: (bytes, connection) => {
        this.#receive(bytes, connection);
      },
      closed: (connection) => {
        this.#forget(connection);
      },
    };
    const connection = new Connection({
      socket,
      transport,
      reachable:
        listening === undefined ? undefined : { ...listening, address: reachableAddress(listening.address, peer) },
      opened,
      clock: this.#options.clock,
      idle: this.#options.idle ?? { first: 32_000, between: 1_800_000 },
      events,
    });
    this.#connections.add(connection);
    this.#byAddress.set(addressKey(connection.remote), connection);
    return connection;
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    for (const [key, known] of this.#byAddress) {
      if (known === connection) this.#byAddress.delete(key);
    }
    this.onClosed(connection);
  }

  #receive(bytes: Buffer, flow: Flow): void {
    if (this.#closed) return;
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      refuse(parsed.failure, flow);
      return;
    }
    const message = parsed.value;
    if (message.kind === "request") {
      this.#learnAlias(message, flow);
      markSource(message, flow);
    }
    this.onMessage(message, flow);
  }

  /** RFC 5923 section 8: the peer listens at its `sent-by` and wants requests to that address on this connection. */
  #learnAlias(message: SipMessage, flow: Flow): void {
    const via = message.via;
    if (!(flow instanceof Connection) || via?.params.has("alias") !== true) return;
    const defaultPort = flow.transport === "tls" ? 5061 : 5060;
    const key = addressKey({ ...flow.remote, port: via.port ?? defaultPort });
    if (this.#byAddress.get(key)?.open !== true) this.#byAddress.set(key, flow);
  }
}

function keyPair(tls: TlsOptions | undefined): { key?: string; cert?: string } {
  return {
    ...(tls?.key === undefined ? {} : { key: tls.key }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
  };
}

function demands(tls: TlsOptions | undefined): { requestCert?: true; rejectUnauthorized?: true; ca?: string } {
  return tls?.verifyPeers === true
    ? { requestCert: true, rejectUnauthorized: true, ...(tls.ca !== undefined && { ca: tls.ca }) }
    : {};
}

function refuse(fault: MessageFault, flow: Flow): void {
  if (fault.answerable === undefined) return;
  const reason = `Bad Request (${fault.reason})`;
  flow.send(SipResponse.to(fault.answerable, 400, { reason, toTag: "malformed" }).toString());
  if (flow instanceof Connection && fault.isMinor !== true) flow.finish();
}

/** RFC 3261 section 18.2.1 and RFC 3581 section 4: `received` and `rport` record the source of the request. */
function markSource(message: SipMessage, flow: Flow): void {
  const [first = "", ...others] = message.headers.list("Via");
  const via = message.via;
  if (via === undefined) return;
  const wantsPort = via.params.has("rport");
  if (!wantsPort && via.host === flow.remote.address) return;
  const rest = first.replace(/;\s*(?:received|rport)(?:\s*=\s*[^;\s]*)?(?=\s*(?:;|$))/gi, "");
  const rport = wantsPort ? `;rport=${flow.remote.port}` : "";
  message.headers.replaceAll("Via", [`${rest}${rport};received=${flow.remote.address}`, ...others]);
}

/** Target of a response if the flow of its request is closed (RFC 3261 section 18.2.2). */
export function viaAddress(message: SipMessage): SipAddress | undefined {
  const via = message.via;
  if (via === undefined) return undefined;
  const transport = via.transport;
  if (transport !== "udp" && transport !== "tcp" && transport !== "tls") return undefined;
  const port = via.port ?? (transport === "tls" ? 5061 : 5060);
  return { transport, address: via.params.get("received") ?? via.host, port };
}

/** The Via of a request sent over that flow. */
export function makeVia(flow: Pick<Flow, "transport" | "local" | "reliable">, branch: string): string {
  const sentBy = formatHostPort(flow.local.address, flow.local.port);
  return `SIP/2.0/${flow.transport.toUpperCase()} ${sentBy};branch=${branch};rport${flow.reliable ? ";alias" : ""}`;
}
