import { randomBytes } from "node:crypto";

import type { CallRoute } from "./route.js";

/** An INVITE as text, which may be malformed. @param more additional raw header lines */
export function rawInvite(
  { dial, phone }: CallRoute,
  from: { readonly number: string; readonly name: string },
  more: readonly string[],
  version = "SIP/2.0",
): string {
  const address = phone.localAddress ?? "127.0.0.1";
  return [
    `INVITE ${dial.uri} ${version}`,
    `Via: SIP/2.0/TLS ${address}:5061;branch=z9hG4bK${randomBytes(8).toString("hex")};rport`,
    "Max-Forwards: 70",
    `From: "${from.name}" <sip:${from.number}@anonymous.invalid>;tag=${randomBytes(4).toString("hex")}`,
    `To: <${dial.uri}>`,
    `Call-ID: ${randomBytes(12).toString("hex")}`,
    "CSeq: 1 INVITE",
    `Contact: <sip:${from.number}@${address};transport=tls>`,
    ...more,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}
