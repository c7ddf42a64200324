import { once } from "node:events";
import {
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  IncomingMessage,
  request as requestHttp,
} from "node:http";
import { request as requestHttps } from "node:https";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

import { systemClock } from "../util/clock.js";
import { messageOf } from "../util/error-message.js";
import { faultCode, networkFault } from "../util/network-fault.js";
import { plainText } from "../util/plain-text.js";
import { failure, type Result, success } from "../util/result.js";
import type { KeptConnections } from "./kept-connections.js";

/** A response whose body has not been read yet. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed; the size is not limited. */
  readonly body: Readable;
}

/** Why the exchange failed: a code that `networkFault` knows, or an error code of Node. */
export type ExchangeFault = string;

/** The fault for a timeout in each stage of a request. */
const overdue = {
  connecting: "connect timeout",
  securing: "TLS timeout",
  asking: "answer timeout",
  reading: "transfer timeout",
} as const;
type Stage = keyof typeof overdue;

/** The server has closed a kept connection before it responded. */
const stale = Symbol("stale");
const closedFaults: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/**
 * One GET request to the BBB API. On its own connection a timeout shows whether the server still accepts connections.
 * Redirects are not followed, because they would disclose the checksum.
 *
 * @param withinMs for the whole exchange, including the response body
 * @param read may leave part of the body unread; the connection is then closed
 * @param kept only for requests that may arrive twice: if the server has closed a kept connection, a new one is used
 */
export async function askApi<Value>(
  url: string,
  withinMs: number,
  read: (response: ApiResponse) => Promise<Value>,
  kept?: KeptConnections,
): Promise<Result<Value, ExchangeFault>> {
  const since = systemClock.now();
  const answer = await exchange(url, withinMs, read, kept?.agent ?? false);
  if (answer !== stale) return answer;
  const again = await exchange(url, Math.max(0, withinMs - (systemClock.now() - since)), read, false);
  return again === stale ? failure("ECONNRESET") : again;
}

async function exchange<Value>(
  url: string,
  withinMs: number,
  read: (response: ApiResponse) => Promise<Value>,
  agent: Agent | false,
): Promise<Result<Value, ExchangeFault> | typeof stale> {
  // Not AbortSignal.timeout: it cannot be cancelled, and makes an error for each request that was answered long before.
  const overtime = new AbortController();
  const deadline = overtime.signal;
  const cancelTimer = systemClock.after(withinMs, () => {
    overtime.abort();
  });
  const send = url.startsWith("https:") ? requestHttps : requestHttp;
  const request = send(url, {
    agent,
    signal: deadline,
    headers: { accept: "text/xml, application/xml", "accept-encoding": "gzip" },
  });
  // Errors after the response are emitted by its body.
  request.on("error", () => undefined);
  let stage: Stage = request.reusedSocket ? "asking" : "connecting";
  request.once("socket", (socket) => {
    if (request.reusedSocket) return;
    socket.once("connect", () => {
      stage = url.startsWith("https:") ? "securing" : "asking";
    });
    socket.once("secureConnect", () => {
      stage = "asking";
    });
  });
  try {
    const response = await responseOf(request);
    stage = "reading";
    return success(
      await read({ status: response.statusCode ?? 0, headers: response.headers, body: unpacked(response) }),
    );
  } catch (error) {
    if (deadline.aborted) return failure(overdue[stage]);
    const fault = codeOf(error);
    return request.reusedSocket && stage === "asking" && closedFaults.has(fault) ? stale : failure(fault);
  } finally {
    cancelTimer();
    request.destroy();
  }
}

/** The fault in words, on one line, without secrets. */
export function exchangeFault(fault: ExchangeFault): string {
  const meaning = networkFault(fault);
  return meaning === undefined ? plainText(fault) : `${meaning} (${fault})`;
}

async function responseOf(request: ClientRequest): Promise<IncomingMessage> {
  const responded = once(request, "response");
  request.end();
  const [response] = (await responded) as [unknown];
  if (!(response instanceof IncomingMessage)) throw new Error("no response");
  return response;
}

function unpacked(response: IncomingMessage): Readable {
  if (response.headers["content-encoding"] !== "gzip") return response;
  // `pipeline` forwards errors of either stream to the reader of the last one.
  return pipeline(response, createGunzip(), () => undefined);
}

function codeOf(error: unknown): string {
  const code = faultCode(error);
  return code === "" ? messageOf(error) : code;
}
