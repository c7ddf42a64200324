import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";

import { ByteStream } from "../util/byte-stream.js";
import type { Clock } from "../util/clock.js";
import { failure, type Result, success } from "../util/result.js";
import { answerTimeoutMs } from "./check.js";

/** Somebody who speaks TLS, whatever their certificate is worth. */
export interface TlsPeer {
  readonly stream: ByteStream<TLSSocket>;
  readonly certificate: X509Certificate;
  /** OpenSSL's code for why nobody known answers for the certificate; `undefined`: somebody does. The name is not looked at. */
  readonly distrust: string | undefined;
}

export interface TlsPlace {
  readonly address: string;
  readonly port: number;
  /** What the peer is told that we look for, when that is a name. */
  readonly name: string;
  /** PEM; `undefined`: the usual ones of this machine. */
  readonly authorities: string | undefined;
}

/** Connects and looks at the certificate; trusts nobody with anything. The failure is a code of Node's or OpenSSL's. */
export async function meetTlsPeer(
  { address, port, name, authorities }: TlsPlace,
  clock: Clock,
): Promise<Result<TlsPeer, string>> {
  const socket = connect({
    host: address,
    port,
    ...(isIP(name) === 0 && { servername: name }),
    ...(authorities !== undefined && { ca: authorities }),
    // What is wrong with a certificate is what we want to know.
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

/** Node's documentation has an Error here; it is the code as a text. */
function distrustOf(error: Error | string | null | undefined): string {
  if (typeof error === "string") return error;
  return error === null || error === undefined ? "UNABLE_TO_VERIFY_LEAF_SIGNATURE" : error.message;
}
