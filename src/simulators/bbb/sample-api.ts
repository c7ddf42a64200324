import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { Clock } from "../../util/clock.js";
import { type ApiRequest, isXml, readApiRequest, refusalOf } from "./api-request.js";
import { failedXml, versionXml } from "./api-xml.js";

/** How the server answers from now on. `hang` takes the request and says nothing; `cut` closes the connection. */
export type ApiMood = "normal" | "rubbish" | "http-500" | "hang" | "cut";

/** One call of the API that passed the checksum; returns the XML to answer with. */
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

/** What BBB takes by default, documents within the XML of `create` included. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;
const MAX_COUNTED_NAMES = 100;

/** The HTTP side of a sample BBB server: checksum, dispatch, and the ways in which it can misbehave in a test. */
export class SampleApi {
  /** The secret the server checks with; set it to something else to be the operator who changed it. */
  secret: string;
  mood: ApiMood = "normal";
  /** Milliseconds before every answer. */
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

  /** Rejects when the port is taken. */
  static async listen(options: SampleApiOptions): Promise<SampleApi> {
    const api = new SampleApi(options);
    await api.up();
    return api;
  }

  /** For example `http://127.0.0.1:41234/bigbluebutton/api/`. Stays the same over `down()` and `up()`. */
  get url(): string {
    return `http://${this.#options.address}:${this.#port}/bigbluebutton/api/`;
  }

  get isUp(): boolean {
    return this.#server !== undefined;
  }

  /** Requests asked so far by that name, right and wrong checksums alike; the root counts as "". */
  calls(callName: string): number {
    return this.#counts.get(callName) ?? 0;
  }

  /** Requests by that name since this was last asked for the same name. */
  callsSince(callName: string): number {
    const now = this.calls(callName);
    const before = this.#marks.get(callName) ?? 0;
    this.#marks.set(callName, now);
    return now - before;
  }

  /** Tells of every request from now on; the returned function stops it. */
  onCall(listener: (callName: string) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Closes the port and every connection: requests are refused by the machine. */
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

  /** Opens the port again, the same as before. */
  async up(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => {
      this.#receive(request, response);
    });
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
    // A peer that goes away is its own affair: there is nobody to answer.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) request.destroy();
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
    switch (this.mood) {
      case "hang":
        return;
      case "cut":
        response.destroy();
        return;
      case "http-500":
        fail(response);
        return;
      case "rubbish":
        response
          .writeHead(200, { "content-type": "text/xml;charset=utf-8" })
          .end("<response><returncode>SUCC\u0001<meetings><<&&>");
        return;
      case "normal": {
        const xml = question === undefined ? undefined : this.#xmlFor(question);
        // BBB parses the modules when the meeting exists already, and catches nothing.
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
    if (this.#counts.size >= MAX_COUNTED_NAMES && !this.#counts.has(callName)) return;
    this.#counts.set(callName, this.calls(callName) + 1);
    for (const listener of this.#listeners) listener(callName);
  }
}

function fail(response: ServerResponse): void {
  response
    .writeHead(500, { "content-type": "text/html;charset=utf-8" })
    .end("<html><body>Grails Runtime Exception</body></html>");
}
