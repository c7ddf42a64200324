/** Codes of Node and OpenSSL for what goes wrong before the other side has said a word, and what they mean. */
const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens on that port",
  ECONNRESET: "the connection was closed by the other side",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
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
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "the other side wants a certificate of ours",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "the other side refuses the handshake, and may want a certificate of ours",
  CERT_HAS_EXPIRED: "the certificate has expired",
  CERT_NOT_YET_VALID: "the certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is signed by nobody known",
  SELF_SIGNED_CERT_IN_CHAIN: "the certificate's authority is not known here",
  UNABLE_TO_GET_ISSUER_CERT: "the certificate's authority is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the certificate's authority is not known here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the certificate's authority is not known here",
};

/** What the code of an error means, in words that are read after a colon; `undefined` for a code that is not known. */
export function networkFault(code: string): string | undefined {
  return meanings[code];
}

/** The code of an error of Node's, or of what has caused it; "" when there is none. */
export function faultCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return faultCode(error.cause);
}
