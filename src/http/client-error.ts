import type { Socket } from "node:net";

import { problemDetails, problemType } from "./problem.js";
import type { ProblemCode } from "./problem-catalogue.js";
import { problems } from "./problem-catalogue.js";

/** Responds to a malformed or too slow request on the raw socket and closes it. */
export function answerClientError(error: { readonly code?: string }, socket: Socket, base: string): void {
  if (socket.destroyed) return;
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const code: ProblemCode =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "headers-too-large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "too-slow"
        : "malformed-http";
  const body = JSON.stringify(problemDetails(code, base));
  const { status } = problems[code];
  const head = [
    `HTTP/1.1 ${status} ${reasonOf[status] ?? "Bad Request"}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

const reasonOf: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};
