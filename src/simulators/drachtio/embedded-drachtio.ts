import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type Server } from "node:net";

import type { ListenAddress, SipAddress, TlsOptions } from "../../softphone/sip/flow.js";
import { defaultTimers, type SipTimers } from "../../softphone/sip/timers.js";
import { TransactionLayer } from "../../softphone/sip/transaction-layer.js";
import { TransportLayer } from "../../softphone/sip/transport.js";
import { formatHostPort } from "../../softphone/sip/uri.js";
import { type Clock, systemClock } from "../../util/clock.js";
import { Application } from "./application.js";
import { ApplicationPool } from "./application-pool.js";
import { ApplicationRequests } from "./application-requests.js";
import { ApplicationResponses } from "./application-responses.js";
import type { CallDialog } from "./call-dialog.js";
import type { Command } from "./command.js";
import { DialogRequests } from "./dialog-requests.js";
import { Exchange } from "./exchange.js";
import { NetworkRequests } from "./network-requests.js";
import { NetworkResponses } from "./network-responses.js";

/** The version that is simulated; drachtio-srf reads it. */
const version = "v0.9.10";
const maxApplications = 100;

export interface EmbeddedDrachtioOptions {
  /** The listener for applications. Port 0: chosen by the system. */
  readonly control: { readonly address: string; readonly port: number; readonly secret: string };
  readonly sip: readonly ListenAddress[];
  /** Verification as in drachtio-server: none, or with `verifyPeers` (DRACHTIO_TLS_VERIFY_CLIENT_CERT) the certificate chains. */
  readonly tls?: Omit<TlsOptions, "verify" | "serverName">;
  readonly clock?: Clock;
  readonly timers?: Partial<SipTimers>;
  /** The announced version; default: the simulated version. */
  readonly version?: string;
}

/**
 * A SIP server that speaks drachtio-server's application protocol, for demo and tests: not for production.
 * It implements what an application needs that uses drachtio-srf as a user agent. Proxying, SUBSCRIBE dialogs, reliable
 * provisional responses and CDRs are rejected: NOK to the application, and onFault.
 */
export class EmbeddedDrachtio {
  readonly #secret: string;
  readonly #version: string;
  readonly #exchange: Exchange;
  readonly #control: Server;
  readonly #applications = new Set<Application>();
  readonly #requests: ApplicationRequests;
  readonly #responses: ApplicationResponses;
  readonly #dialogRequests: DialogRequests;

  /** Called for every rejection and failure. The reason contains no caller's number. */
  onFault: (reason: string) => void = () => undefined;

  private constructor(options: EmbeddedDrachtioOptions, transport: TransportLayer) {
    const clock = options.clock ?? systemClock;
    const timers = { ...defaultTimers, ...options.timers };
    this.#secret = options.control.secret;
    this.#version = options.version ?? version;
    this.#exchange = new Exchange({
      transport,
      transactions: new TransactionLayer({ transport, clock, timers, random: randomBytes }),
      clock,
      timers,
      pool: new ApplicationPool(),
      fault: (reason) => {
        this.onFault(reason);
      },
    });
    const sessionTimerDue = (dialog: CallDialog, weRefresh: boolean): void => {
      this.#dialogRequests.sessionTimerDue(dialog, weRefresh);
    };
    const networkResponses = new NetworkResponses(this.#exchange, sessionTimerDue);
    this.#requests = new ApplicationRequests(this.#exchange, networkResponses);
    this.#dialogRequests = new DialogRequests(this.#exchange, networkResponses);
    this.#responses = new ApplicationResponses(this.#exchange, sessionTimerDue);
    new NetworkRequests(this.#exchange).start();
    this.#control = createServer((socket) => {
      const application = new Application(socket, clock, {
        command: (command, from) => {
          this.#obey(command, from);
        },
        closed: (gone) => {
          this.#applications.delete(gone);
          this.#exchange.pool.remove(gone);
        },
        fault: this.#exchange.fault,
      });
      this.#applications.add(application);
    });
    this.#control.maxConnections = maxApplications;
  }

  /** Rejects, with nothing left open, if a port is in use. */
  static async start(options: EmbeddedDrachtioOptions): Promise<EmbeddedDrachtio> {
    const clock = options.clock ?? systemClock;
    const tls = options.tls === undefined ? {} : { tls: { ...options.tls, verify: false } };
    const transport = await TransportLayer.open({ listen: options.sip, clock, ...tls });
    const server = new EmbeddedDrachtio(options, transport);
    const { address, port } = options.control;
    try {
      await new Promise<void>((resolve, reject) => {
        server.#control.once("error", reject);
        server.#control.listen(port, address, () => {
          server.#control.off("error", reject);
          resolve();
        });
      });
    } catch (error) {
      await transport.close();
      throw error;
    }
    return server;
  }

  get controlPort(): number {
    const bound = this.#control.address();
    return typeof bound === "object" && bound !== null ? bound.port : 0;
  }

  /** The SIP listening addresses, with the ports chosen by the system. */
  get addresses(): readonly SipAddress[] {
    return this.#exchange.transport.addresses;
  }

  /** For leak checks: `transactions` are active, `lingering` ones only absorb retransmissions for up to 64 T1. */
  counts(): { dialogs: number; transactions: number; lingering: number; connections: number; applications: number } {
    const { waiting, lingering } = this.#exchange.transactions.counts();
    return {
      dialogs: this.#exchange.dialogs.size,
      transactions: waiting,
      lingering,
      connections: this.#exchange.transport.connections,
      applications: this.#applications.size,
    };
  }

  /** Closes all sockets and timers at once, without BYE. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#control.close(() => {
        resolve();
      });
    });
    for (const application of this.#applications) application.destroy();
    this.#applications.clear();
    this.#exchange.close();
    await Promise.all([closed, this.#exchange.transport.close()]);
  }

  #obey(command: Command, application: Application): void {
    if (command.verb === "authenticate") {
      this.#authenticate(command.id, command.secret, application);
      return;
    }
    // drachtio-server would execute the command. Rejecting it reveals an application without authentication.
    if (!application.authenticated) {
      this.#exchange.fault(`${command.verb} before authenticate`);
      application.respond(command.id, "NO", "not authenticated");
      return;
    }
    switch (command.verb) {
      case "ping":
        application.respond(command.id, "OK", "pong");
        break;
      case "route":
        if (command.method.startsWith("cdr:")) this.#exchange.fault("CDRs are not supported by the embedded server");
        this.#exchange.pool.route(command.method, application);
        application.respond(command.id, "OK");
        break;
      case "remove_route":
        this.#exchange.pool.remove(application);
        application.respond(command.id, "OK");
        break;
      case "sip":
        this.#obeySip(command, application);
        break;
      case "unsupported":
        this.#exchange.fault(`the embedded server does not support ${command.name}`);
        // An unknown command disconnects the application; a known but unsupported one must not.
        if (command.name === "proxy")
          application.respond(command.id, "NOK", "proxy is not supported by the embedded server");
        else application.respond(command.id, "NO", "Unknown message type");
        break;
      case "malformed":
        this.#exchange.fault("an application sent a malformed command");
        application.respond(command.id, "NO", "Invalid message format");
        break;
    }
  }

  #obeySip(command: Command & { verb: "sip" }, application: Application): void {
    const { id, transactionId, dialogId, routeUrl, message } = command;
    if (message.startLine.startsWith("SIP/")) this.#responses.respond(application, id, transactionId, message);
    else if (dialogId !== "") this.#dialogRequests.request(application, id, dialogId, message);
    else if (transactionId === "") this.#requests.request(application, id, message, routeUrl);
    else if (message.startLine.startsWith("CANCEL")) this.#requests.cancel(application, id, transactionId, message);
    else application.respond(id, "NOK", "only CANCEL goes to a transaction");
  }

  #authenticate(id: string, secret: string, application: Application): void {
    const given = Buffer.from(secret);
    const right = Buffer.from(this.#secret);
    if (given.length !== right.length || !timingSafeEqual(given, right)) {
      this.#exchange.fault("an application sent a wrong secret");
      application.respond(id, "NO", "incorrect secret");
      return;
    }
    application.admit();
    const hostports = this.addresses
      .map(({ transport, address, port }) => `${transport}/${formatHostPort(address, port)}`)
      .join(",");
    application.respond(id, "OK", `${hostports}|${this.#version}|${hostports}`);
  }
}
