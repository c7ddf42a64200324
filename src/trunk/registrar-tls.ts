import { isIP } from "node:net";
import { checkServerIdentity, connect, type TLSSocket } from "node:tls";

import { ByteStream } from "../util/byte-stream.js";
import type { Clock } from "../util/clock.js";
import { networkFault } from "../util/network-fault.js";
import { failure, type Result, success } from "../util/result.js";
import type { Target } from "./registrar-host.js";

/** Why nothing may be sent to an address. */
export interface PeerFault {
  /** `unreachable`: no connection, which says nothing of the peer; `untrusted`: it is not the registrar, or can't show that it is. */
  readonly kind: "unreachable" | "untrusted";
  readonly why: string;
}

/** Verifies that the peer at an address is the registrar; takes `timeoutMs` at most. */
export type VerifyPeer = (target: Target, timeoutMs: number) => Promise<Result<undefined, PeerFault>>;

export interface ExpectedCertificate {
  /** The host name, or the address, that it must be for. */
  readonly name: string;
  /** The authorities that it must come from, PEM; `undefined`: those that Node knows. */
  readonly ca: string | undefined;
}

/** A connection that failed for one of these has shown nothing of the peer. Any other code is a reason for distrust. */
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
 * Connects over TLS, verifies chain and name (RFC 5922 section 4), and closes. drachtio-server 0.9.10 compares no names, and
 * verifies chains only with DRACHTIO_TLS_VERIFY_CLIENT_CERT; its own connection is another one.
 */
export function certificateVerifier({ name, ca }: ExpectedCertificate, clock: Clock): VerifyPeer {
  return async ({ address, port }, timeoutMs) => {
    const socket = connect({
      host: address,
      port,
      // SNI has no addresses (RFC 6066 section 3).
      ...(isIP(name) === 0 && { servername: name }),
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
      ...(ca !== undefined && { ca }),
      // Also where NODE_TLS_REJECT_UNAUTHORIZED=0 is set.
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

/** With close_notify: a reset is an error in the registrar's log, and some count those. */
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
