import type { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import type { ByteStream, Taken } from "../byte-stream.js";
import type { Result } from "../result.js";
import { answerWithinMs } from "./check.js";

/**
 * Asks a SIP server for its abilities (RFC 3261 section 11), which changes nothing there and starts no call. No address of
 * ours is in it: the answer comes on the same connection.
 *
 * @returns the status of its final answer, or why there is none
 */
export async function askOptions(stream: ByteStream, to: { readonly host: string; readonly port: number; readonly transport: "tls" | "tcp" }): Promise<Result<number, string>> {
  const id = randomBytes(8).toString("hex");
  const host = `${isIP(to.host) === 6 ? `[${to.host}]` : to.host}:${to.port}`;
  stream.write([
    `OPTIONS sip:${host};transport=${to.transport} SIP/2.0`,
    `Via: SIP/2.0/${to.transport.toUpperCase()} einwahl-check.invalid;branch=z9hG4bK${id};rport`,
    "Max-Forwards: 70",
    `From: <sip:einwahl-check@einwahl-check.invalid>;tag=${id}`,
    `To: <sip:${host}>`,
    `Call-ID: ${id}`,
    "CSeq: 1 OPTIONS",
    `Contact: <sip:einwahl-check@einwahl-check.invalid;transport=${to.transport}>`,
    "User-Agent: einwahl-check",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n"));
  return await stream.read(takeFinalStatus, answerWithinMs);
}

function takeFinalStatus(bytes: Buffer): Taken<number> | undefined {
  const text = bytes.toString("latin1");
  const status = /(?:^|\r\n)SIP\/2\.0 ([2-6]\d{2}) /.exec(text)?.[1];
  return status === undefined ? undefined : { value: Number(status), bytes: bytes.length };
}
