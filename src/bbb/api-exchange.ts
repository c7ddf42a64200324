import { once } from "node:events";
import { type ClientRequest, type IncomingHttpHeaders, IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

import { messageOf } from "../util/error-message.js";
import { faultCode, networkFault } from "../util/network-fault.js";
import { plainText } from "../util/plain-text.js";
import { failure, type Result, success } from "../util/result.js";

/** What came back, its body still to be read. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Unpacked, and not bounded. */
  readonly body: Readable;
}

/** Why no whole answer came: a code that `networkFault` knows, or one of Node's. */
export type ExchangeFault = string;

/** How far a request has got, and what it is called when its time is over there. */
const overdue = {
  connecting: "connect timeout",
  securing: "TLS timeout",
  asking: "answer timeout",
  reading: "transfer timeout",
} as const;
type Stage = keyof typeof overdue;

/**
 * One GET request to BBB's API, on a connection of its own: so it shows whether a server that says nothing takes
 * connections. No redirect is followed, since the checksum would go with it.
 *
 * @param withinMs for everything, the reading of the body included
 * @param read may leave a part of the body unread, and the server notices
 */
export async function askApi<Value>(
  url: string,
  withinMs: number,
  read: (response: ApiResponse) => Promise<Value>,
): Promise<Result<Value, ExchangeFault>> {
  const deadline = AbortSignal.timeout(withinMs);
  const send = url.startsWith("https:") ? requestHttps : requestHttp;
  const request = send(url, {
    agent: false,
    signal: deadline,
    headers: { accept: "text/xml, application/xml", "accept-encoding": "gzip" },
  });
  // Errors after the response come out of its body.
  request.on("error", () => undefined);
  let stage: Stage = "connecting";
  request.once("socket", (socket) => {
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
    return failure(deadline.aborted ? overdue[stage] : codeOf(error));
  } finally {
    request.destroy();
  }
}

/** An exchange's fault in words, on one line, without anything secret. */
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
  // Errors of either reach the reader through the last of them.
  return pipeline(response, createGunzip(), () => undefined);
}

function codeOf(error: unknown): string {
  const code = faultCode(error);
  return code === "" ? messageOf(error) : code;
}
