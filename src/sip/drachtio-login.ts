import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { connect } from "node:net";

import type { ListenAddress } from "../trunk/families.js";
import { ByteStream, readTimedOut, type Taken } from "../util/byte-stream.js";
import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";

export interface DrachtioGreeting {
  /** For example `v0.9.10`. */
  readonly version: string;
  /** Its listen addresses on this side of a NAT. */
  readonly addresses: readonly ListenAddress[];
  /** An address with a public name in drachtio's configuration is given by that name. */
  readonly publicAddresses: readonly ListenAddress[];
}

/** `no-connection`: with Node's error code or a text. `not-drachtio`: the peer speaks another protocol. */
export type DrachtioLoginFailure =
  | { readonly kind: "no-connection"; readonly code: string }
  | { readonly kind: "not-drachtio" }
  | { readonly kind: "wrong-secret" };

/**
 * Connects to drachtio-server, authenticates, and disconnects. drachtio-srf would not report why a connection fails, and
 * would retry forever. drachtio forwards no requests to this connection because it routes no method.
 */
export async function logInToDrachtio(
  address: { readonly host: string; readonly port: number; readonly secret: string },
  clock: Clock,
  timeoutMs: number,
): Promise<Result<DrachtioGreeting, DrachtioLoginFailure>> {
  const { host, port, secret } = address;
  const connected = await ByteStream.connect(connect({ host, port }), "connect", clock, timeoutMs);
  if (!connected.ok) return failure({ kind: "no-connection", code: connected.failure });
  const stream = connected.value;
  try {
    const payload = `${randomUUID()}|authenticate|${secret}|`;
    stream.write(`${Buffer.byteLength(payload)}#${payload}`);
    const answer = await stream.read(takeFrame, timeoutMs);
    if (!answer.ok)
      return failure(
        answer.failure === readTimedOut ? { kind: "not-drachtio" } : { kind: "no-connection", code: answer.failure },
      );
    const [, verb, , status, hostPorts = "", version = "", localHostPorts = ""] = answer.value.split("|");
    if (verb !== "response") return failure({ kind: "not-drachtio" });
    if (status !== "OK") return failure({ kind: "wrong-secret" });
    return success({
      version,
      addresses: readListenAddresses(localHostPorts === "" ? hostPorts : localHostPorts),
      publicAddresses: readListenAddresses(hostPorts),
    });
  } finally {
    stream.close();
  }
}

/** Takes a `length#payload` frame; other data is returned unchanged. */
function takeFrame(bytes: Buffer): Taken<string> | undefined {
  const text = bytes.toString("latin1");
  const [head, length] = /^(\d{1,7})#/.exec(text) ?? [];
  if (head === undefined) return /^\d{0,7}$/.test(text) ? undefined : { value: text, bytes: bytes.length };
  const end = head.length + Number(length);
  return bytes.length < end ? undefined : { value: bytes.subarray(head.length, end).toString("utf8"), bytes: end };
}

/** Parses drachtio's contacts: `tls/198.51.100.1:5061,udp/...`. */
export function readListenAddresses(hostPorts: string): ListenAddress[] {
  return hostPorts.split(",").flatMap((hostPort) => {
    const [, transport, host, port] = /^(udp|tcp|tls)\/(\[[^\]]+\]|[^:]+):(\d+)$/.exec(hostPort.trim()) ?? [];
    if (transport === undefined || host === undefined) return [];
    return [{ transport: transport as ListenAddress["transport"], host, port: Number(port) }];
  });
}
