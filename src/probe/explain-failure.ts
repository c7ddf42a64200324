import type { CallFailure } from "../softphone/phone-call.js";
import { networkFault } from "../util/network-fault.js";
import { plainText } from "../util/plain-text.js";
import type { ProbeStage } from "./probe-stage.js";

export interface Explanation {
  readonly stage: Extract<ProbeStage, "connect" | "answer">;
  /** One sentence, without the peer's own text. */
  readonly why: string;
  /** The peer's own text, or ""; may contain anything, such as a number. */
  readonly said: string;
  /** One sentence, or "". */
  readonly cure: string;
}

/** The meaning of responses from einwahl and intermediaries for a test call. */
const answers: Readonly<Record<number, readonly [meaning: string, cure: string]>> = {
  401: ["it requires a user name and a password", "check the server's address: einwahl never requires them"],
  402: ["the account has no credit", ""],
  403: [
    "calls from this address are refused",
    "add the address to the sources of a trunk; without allow_unencrypted calls must use TLS",
  ],
  404: ["the number is unknown", "add it to the numbers of the trunk whose sources contain this address"],
  407: ["it requires a user name and a password", "check the server's address: einwahl never requires them"],
  408: ["the call was not answered in time", ""],
  480: ["the callee is unavailable", "check that the trunk is registered: einwahl status"],
  484: ["the number is incomplete", "write it in international format, with +"],
  486: ["the line is busy", ""],
  487: ["the call was cancelled", ""],
  488: [
    "the offered audio is not acceptable",
    "use SRTP (SDES): einwahl requires it unless the trunk has allow_unencrypted",
  ],
  500: ["an error inside the server", "check its log"],
  503: ["no call can be accepted now", "run: einwahl status"],
  600: ["the line is busy", ""],
  603: ["the call was declined", ""],
};

const wantsCertificate =
  "with EINWAHL_TRUNK_CA drachtio requires a client certificate from that CA: call the trunk's number (from a telephone, or with synthetic_call.trunk), or unset it during the test";

/** The suggested fix for a failed connection, by the code from Node or OpenSSL. */
const cures: Readonly<Record<string, string>> = {
  ECONNREFUSED: "check that drachtio is running, and the port: --server HOST:PORT",
  ECONNRESET: "check whether it is a TLS port: --transport",
  "connect timeout": "check the firewall",
  EPROTO: "TLS is usually on 5061: --server HOST:PORT, or --transport tcp",
  ERR_SSL_WRONG_VERSION_NUMBER: "TLS is usually on 5061: --server HOST:PORT, or --transport tcp",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: wantsCertificate,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: wantsCertificate,
  CERT_HAS_EXPIRED: "renew it, and let drachtio load it",
  CERT_NOT_YET_VALID: "check the clocks of both machines",
  ERR_TLS_CERT_ALTNAME_INVALID: "use the name in the server's certificate, or give it: --server-name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "give the CA's file: --ca FILE",
  SELF_SIGNED_CERT_IN_CHAIN: "give its file: --ca FILE",
  UNABLE_TO_GET_ISSUER_CERT: "give its file: --ca FILE",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "give its file: --ca FILE; or add the missing intermediate certificate on the server",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "give its file: --ca FILE; or add the missing intermediate certificate on the server",
};

/** Explains a failed call, from the SIP response or the connection error. */
export function explainFailure({ by, status, reason, warning, headers }: CallFailure): Explanation {
  if (by === "phone") return explainFault(status, plainText(reason));
  const [meaning, cure] = answers[status] ?? ["the call is refused", ""];
  const said = [reason, warning, retryAfter(headers)]
    .filter((text) => text !== undefined && text !== "")
    .map((text) => plainText(text ?? ""))
    .join("; ");
  return { stage: "answer", why: `${status}: ${meaning}`, said, cure };
}

/** No final response was received, or its SDP is unusable. */
function explainFault(status: number, reason: string): Explanation {
  switch (status) {
    case 503: {
      return {
        stage: "connect",
        why: `no connection: ${networkFault(reason) ?? "it failed"} (${reason})`,
        said: "",
        cure: cures[reason] ?? "",
      };
    }
    case 606:
      return { stage: "answer", why: `the audio in the SDP answer is unusable: ${reason}`, said: "", cure: "" };
    case 487:
      return { stage: "answer", why: "the call was not answered in time", said: "", cure: "" };
    default:
      return { stage: "answer", why: `no response was received (${reason})`, said: "", cure: "" };
  }
}

function retryAfter(headers: CallFailure["headers"]): string | undefined {
  const value = headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1];
  return value === undefined ? undefined : `again in ${value} s`;
}
