/** Texts for the error codes of Node and OpenSSL before the peer sends data. */
const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens on that port",
  ECONNRESET: "the connection was closed by the other side",
  EHOSTUNREACH: "no route to that host",
  ENETUNREACH: "no route to that network",
  ETIMEDOUT: "the host does not answer",
  ENOTFOUND: "the name of the host does not resolve",
  EAI_AGAIN: "the name of the host can't be resolved now",
  "connect timeout": "the host does not answer",
  "TLS timeout": "it accepts connections, but does not finish the TLS handshake",
  "answer timeout": "it accepts connections, but sends no answer",
  "transfer timeout": "its answer does not come to an end",
  UND_ERR_CONNECT_TIMEOUT: "the host does not answer",
  UND_ERR_SOCKET: "the connection was closed by the other side",
  EPROTO: "the other side does not speak TLS on that port",
  ERR_SSL_WRONG_VERSION_NUMBER: "the other side does not speak TLS on that port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "the other side does not speak TLS on that port",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "the other side requires a client certificate",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "the other side refuses the handshake, and may require a client certificate",
  CERT_HAS_EXPIRED: "the certificate has expired",
  CERT_NOT_YET_VALID: "the certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is self-signed and not trusted here",
  SELF_SIGNED_CERT_IN_CHAIN: "the certificate's authority is not known here",
  UNABLE_TO_GET_ISSUER_CERT: "the certificate's authority is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the certificate's authority is not known here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the certificate's authority is not known here",
};

/** The text for an error code, to be placed after a colon; `undefined`: unknown code. */
export function networkFault(code: string): string | undefined {
  return meanings[code];
}

/** The code of a Node error or of its cause; "" if neither has one. */
export function faultCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return faultCode(error.cause);
}
