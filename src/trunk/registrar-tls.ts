import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from "node:tls";

import { ByteStream } from "../util/byte-stream.js";
import type { Clock } from "../util/clock.js";
import { networkFault } from "../util/network-fault.js";
import { failure, type Result, success } from "../util/result.js";
import type { Target } from "./registrar-host.js";

/** Why an address must not be used. */
export interface PeerFault {
  /** `unreachable`: no connection, identity unknown. `untrusted`: the certificate is not the registrar's, or TLS failed. */
  readonly kind: "unreachable" | "untrusted";
  readonly why: string;
}

/** Verifies that the peer at an address is the registrar, within `timeoutMs`. */
export type VerifyPeer = (target: Target, timeoutMs: number) => Promise<Result<undefined, PeerFault>>;

export interface ExpectedCertificate {
  /** The required host name or address. */
  readonly name: string;
  /** Trusted authorities (PEM); `undefined` for Node's defaults. */
  readonly ca: string | undefined;
}

/** Errors that reveal nothing about the peer. All other codes mean `untrusted`. */
const unreachableCodes: ReadonlySet<string> = new Set([
  "connect timeout",
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "EHOSTDOWN",
  "ETIMEDOUT",
  "EADDRNOTAVAIL",
  "EMFILE",
  "ENFILE",
  "EACCES",
  "EPERM",
]);

const closeTimeoutMs = 1_000;

/**
 * Connects over TLS, verifies chain and name (RFC 5922 section 4), and closes. drachtio-server 0.9.10 verifies no names, and
 * chains only with DRACHTIO_TLS_VERIFY_CLIENT_CERT. drachtio's own connection is a separate one.
 */
export function certificateVerifier({ name, ca }: ExpectedCertificate, clock: Clock): VerifyPeer {
  return async ({ address, port }, timeoutMs) => {
    const socket = connect({
      host: address,
      port,
      // SNI must not contain an address (RFC 6066 section 3).
      ...(isIP(name) === 0 && { servername: name }),
      checkServerIdentity: (_host, certificate) => wrongName(name, certificate),
      ...(ca !== undefined && { ca }),
      // Overrides NODE_TLS_REJECT_UNAUTHORIZED=0.
      rejectUnauthorized: true,
    });
    const connected = await ByteStream.connect(socket, "secureConnect", clock, timeoutMs);
    if (connected.ok) {
      closeGently(connected.value, clock);
      return success(undefined);
    }
    return failure(peerFault(connected.failure, { address, port }, name));
  };
}

/** Node 22.23's own check takes no IPv6 address for one of the certificate's: it compares two spellings of it. */
function wrongName(name: string, certificate: PeerCertificate): Error | undefined {
  if (isIP(name) !== 0 && new X509Certificate(certificate.raw).checkIP(name) !== undefined) return undefined;
  return checkServerIdentity(name, certificate);
}

/** Sends close_notify: a reset is an error in the registrar's log, and some registrars count errors. */
function closeGently(stream: ByteStream<TLSSocket>, clock: Clock): void {
  const cancel = clock.after(closeTimeoutMs, () => {
    stream.close();
  });
  stream.socket.once("close", cancel);
  stream.socket.end();
}

function peerFault(code: string, { address, port }: Target, name: string): PeerFault {
  const hostPort = isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  const meaning = `${networkFault(code) ?? "TLS failed"} (${code === "" ? "no code" : code})`;
  return unreachableCodes.has(code)
    ? { kind: "unreachable", why: `the registrar does not answer: ${hostPort}: ${meaning}` }
    : { kind: "untrusted", why: `not sent to ${hostPort}, which has no valid certificate for ${name}: ${meaning}` };
}
