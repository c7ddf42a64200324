import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";

import { ByteStream } from "../util/byte-stream.js";
import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";
import { answerTimeoutMs } from "./check.js";

/** A TLS peer, regardless of whether its certificate is trusted. */
export interface TlsPeer {
  readonly stream: ByteStream<TLSSocket>;
  readonly certificate: X509Certificate;
  /** OpenSSL's code for why the chain is not trusted; `undefined`: it is trusted. The name is not compared. */
  readonly distrust: string | undefined;
}

export interface TlsPlace {
  readonly address: string;
  readonly port: number;
  /** The SNI server name, unless it is an IP address. */
  readonly name: string;
  /** Trusted CAs, PEM; `undefined`: Node's CAs. */
  readonly authorities: string | undefined;
}

/** Connects and reads the certificate; sends no data. The failure is a code from Node or OpenSSL. */
export async function meetTlsPeer(
  { address, port, name, authorities }: TlsPlace,
  clock: Clock,
): Promise<Result<TlsPeer, string>> {
  const socket = connect({
    host: address,
    port,
    ...(isIP(name) === 0 && { servername: name }),
    ...(authorities !== undefined && { ca: authorities }),
    // Complete the handshake: the caller judges the certificate.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  const connected = await ByteStream.connect(socket, "secureConnect", clock, answerTimeoutMs);
  if (!connected.ok) return connected;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    connected.value.close();
    return failure("EPROTO");
  }
  return success({
    stream: connected.value,
    certificate,
    distrust: socket.authorized ? undefined : distrustOf(socket.authorizationError),
  });
}

/** Node documents an Error here, but passes the code as a text. */
function distrustOf(error: Error | string | null | undefined): string {
  if (typeof error === "string") return error;
  return error === null || error === undefined ? "UNABLE_TO_VERIFY_LEAF_SIGNATURE" : error.message;
}
