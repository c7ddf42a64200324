import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { Clock } from "../../util/clock.js";
import { type ApiRequest, isXml, readApiRequest, refusalOf } from "./api-request.js";
import { failedXml, versionXml } from "./api-xml.js";

/** Response mode. `hang`: accepts the request and never responds; `cut`: closes the connection. */
export type ApiMode = "normal" | "invalid" | "http-500" | "hang" | "cut";

/** Handler of an API call with a valid checksum; returns the response XML. */
export type ApiCall = (parameters: URLSearchParams) => string;

export interface SampleApiOptions {
  readonly address: string;
  /** 0 = any. */
  readonly port: number;
  readonly secret: string;
  readonly bbbVersion: string;
  readonly clock: Clock;
  readonly calls: ReadonlyMap<string, ApiCall>;
}

/** BBB's default limit, documents within the XML of `create` included. */
const maxBodyBytes = 2 * 1024 * 1024;
const maxCountedNames = 100;
/** nginx's default keepalive_timeout, in milliseconds. */
const keptMs = 75_000;

/** The HTTP side of a sample BBB server: checksum, dispatch, and failures on request of a test. */
export class SampleApi {
  /** The API secret; assign another value to simulate a changed secret. */
  secret: string;
  mode: ApiMode = "normal";
  /** Delay of every response in ms. */
  delayMs = 0;
  readonly #options: SampleApiOptions;
  readonly #counts = new Map<string, number>();
  readonly #marks = new Map<string, number>();
  readonly #listeners = new Set<(callName: string) => void>();
  readonly #delayed = new Set<() => void>();
  #server: Server | undefined;
  #port = 0;

  private constructor(options: SampleApiOptions) {
    this.#options = options;
    this.secret = options.secret;
    this.#port = options.port;
  }

  /** Rejects if the port is in use. */
  static async listen(options: SampleApiOptions): Promise<SampleApi> {
    const api = new SampleApi(options);
    await api.up();
    return api;
  }

  /** For example `http://127.0.0.1:41234/bigbluebutton/api/`. Unchanged by `down()` and `up()`. */
  get url(): string {
    return `http://${this.#options.address}:${this.#port}/bigbluebutton/api/`;
  }

  get isUp(): boolean {
    return this.#server !== undefined;
  }

  /** Number of requests for that call, with valid or invalid checksum; "" for the root. */
  calls(callName: string): number {
    return this.#counts.get(callName) ?? 0;
  }

  /** Number of requests for that call since the previous `callsSince` for it. */
  callsSince(callName: string): number {
    const now = this.calls(callName);
    const before = this.#marks.get(callName) ?? 0;
    this.#marks.set(callName, now);
    return now - before;
  }

  /** Calls back for every further request. Returns an unsubscribe function. */
  onCall(listener: (callName: string) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Closes the port and every connection: the kernel refuses connections. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const callOff of this.#delayed) callOff();
    this.#delayed.clear();
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  }

  /** Reopens the same port. */
  async up(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => {
      this.#receive(request, response);
    });
    server.keepAliveTimeout = keptMs;
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, this.#options.address, () => {
        server.removeListener("error", reject);
        resolve();
      });
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    // The peer disconnected: no response is possible.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) request.destroy();
      else chunks.push(chunk);
    });
    request.on("end", () => {
      this.#answerLater(request, response, Buffer.concat(chunks).toString("utf8"));
    });
  }

  #answerLater(request: IncomingMessage, response: ServerResponse, body: string): void {
    const question = readApiRequest(request, body);
    if (question !== undefined) this.#count(question.callName);
    if (this.delayMs <= 0) {
      this.#answer(question, response);
      return;
    }
    const callOff = this.#options.clock.after(this.delayMs, () => {
      this.#delayed.delete(callOff);
      this.#answer(question, response);
    });
    this.#delayed.add(callOff);
  }

  #answer(question: ApiRequest | undefined, response: ServerResponse): void {
    switch (this.mode) {
      case "hang":
        return;
      case "cut":
        response.destroy();
        return;
      case "http-500":
        fail(response);
        return;
      case "invalid":
        response
          .writeHead(200, { "content-type": "text/xml;charset=utf-8" })
          .end("<response><returncode>SUCC\u0001<meetings><<&&>");
        return;
      case "normal": {
        const xml = question === undefined ? undefined : this.#xmlFor(question);
        // BBB parses the modules after it has created the meeting, and catches no exception.
        if (question !== undefined && question.xml !== "" && !isXml(question.xml)) fail(response);
        else if (xml === undefined)
          response.writeHead(404, { "content-type": "text/html" }).end("<html><body>Not Found</body></html>");
        else
          response.writeHead(200, { "content-type": "text/xml;charset=utf-8", "cache-control": "no-cache" }).end(xml);
      }
    }
  }

  #xmlFor(question: ApiRequest): string | undefined {
    if (question.callName === "") return versionXml(this.#options.bbbVersion);
    const call = this.#options.calls.get(question.callName);
    if (call === undefined) {
      return failedXml({ messageKey: "unsupportedRequest", message: "This request is not supported." });
    }
    const refusal = refusalOf(question, this.secret);
    return refusal === undefined ? call(question.parameters) : failedXml(refusal);
  }

  #count(callName: string): void {
    if (this.#counts.size >= maxCountedNames && !this.#counts.has(callName)) return;
    this.#counts.set(callName, this.calls(callName) + 1);
    for (const listener of this.#listeners) listener(callName);
  }
}

function fail(response: ServerResponse): void {
  response
    .writeHead(500, { "content-type": "text/html;charset=utf-8" })
    .end("<html><body>Grails Runtime Exception</body></html>");
}
