import type { CallFailure } from "../softphone/phone-call.js";
import { networkFault } from "../util/network-fault.js";
import { plainText } from "../util/plain-text.js";
import type { ProbeStage } from "./probe-stage.js";

export interface Explanation {
  readonly stage: Extract<ProbeStage, "connect" | "answer">;
  /** One sentence, without a word of the other side's. */
  readonly why: string;
  /** The other side's own words, or "": they may tell anything, a number too. */
  readonly said: string;
  /** One sentence, or "". */
  readonly cure: string;
}

/** What the answers of einwahl, and of others on the way, mean to somebody who calls to test. */
const answers: Readonly<Record<number, readonly [meaning: string, cure: string]>> = {
  401: ["it wants a user name and a password", "einwahl never asks for them: is that the right server?"],
  402: ["the account has no credit", ""],
  403: [
    "calls from here are not let in",
    "the address must be among the sources of a trunk, and calls come over TLS unless the trunk has allow_unencrypted",
  ],
  404: ["nobody has this number", "it must be among the numbers of the trunk whose sources this address is in"],
  407: ["it wants a user name and a password", "einwahl never asks for them: is that the right server?"],
  408: ["nobody took the call in time", ""],
  480: ["nobody is there to take the call", "is the trunk registered? see: einwahl status"],
  484: ["the number is incomplete", "write it in international form, with +"],
  486: ["the line is busy", ""],
  487: ["the call was cancelled", ""],
  488: [
    "the offered audio is not acceptable",
    "einwahl takes SRTP (SDES) only, unless the trunk has allow_unencrypted",
  ],
  500: ["an error inside the server", "see its log"],
  503: ["no call can be taken now", "see: einwahl status"],
  600: ["the line is busy", ""],
  603: ["the call was declined", ""],
};

const wantsCertificate =
  "drachtio with EINWAHL_TRUNK_CA takes nobody without a certificate of that authority: call over the trunk's own number (a telephone, or synthetic_call.trunk), or unset it for the time of the test";

/** What to do where no connection comes about, by the code of Node or OpenSSL. */
const cures: Readonly<Record<string, string>> = {
  ECONNREFUSED: "is drachtio running, and is the port right? --server HOST:PORT",
  ECONNRESET: "is it a TLS port? --transport",
  "connect timeout": "is a firewall in the way?",
  EPROTO: "TLS is usually on 5061: --server HOST:PORT, or --transport tcp",
  ERR_SSL_WRONG_VERSION_NUMBER: "TLS is usually on 5061: --server HOST:PORT, or --transport tcp",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: wantsCertificate,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: wantsCertificate,
  CERT_HAS_EXPIRED: "renew it, and let drachtio load it",
  CERT_NOT_YET_VALID: "is one of the two clocks wrong?",
  ERR_TLS_CERT_ALTNAME_INVALID: "call the server by the name in its certificate, or name that: --server-name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "name the authority's file: --ca FILE",
  SELF_SIGNED_CERT_IN_CHAIN: "name its file: --ca FILE",
  UNABLE_TO_GET_ISSUER_CERT: "name its file: --ca FILE",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "name its file: --ca FILE; or the server leaves out its intermediate certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "name its file: --ca FILE; or the server leaves out its intermediate certificate",
};

/** Says why a call was not answered, from the SIP answer or from what kept it from being asked for. */
export function explainFailure({ by, status, reason, warning, headers }: CallFailure): Explanation {
  if (by === "phone") return explainFault(status, plainText(reason));
  const [meaning, cure] = answers[status] ?? ["the call is refused", ""];
  const said = [reason, warning, retryAfter(headers)]
    .filter((text) => text !== undefined && text !== "")
    .map((text) => plainText(text ?? ""))
    .join("; ");
  return { stage: "answer", why: `${status}: ${meaning}`, said, cure };
}

/** No final response came, or its SDP can't be used. */
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
      return { stage: "answer", why: `the answer's audio can't be used: ${reason}`, said: "", cure: "" };
    case 487:
      return { stage: "answer", why: "nobody answered in time", said: "", cure: "" };
    default:
      return { stage: "answer", why: `no answer came (${reason})`, said: "", cure: "" };
  }
}

function retryAfter(headers: CallFailure["headers"]): string | undefined {
  const value = headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1];
  return value === undefined ? undefined : `again in ${value} s`;
}
