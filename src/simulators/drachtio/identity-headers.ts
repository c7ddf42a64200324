import type { SipRequest } from "../../softphone/sip/message.js";

const token = "[\\w\\-.!%*+`'~]+";
const quoted = '"(?:[^"\\\\]|\\\\.)*"';
const parameters = `(?:\\s*;\\s*${token}(?:\\s*=\\s*(?:${token}|${quoted}))?)*`;
const address = `(?:(?:${quoted}|${token}(?:\\s+${token})*)?\\s*<[^<>]+>|[^\\s<>";,]+)${parameters}`;
const addressList = new RegExp(`^\\s*(?:,\\s*)*${address}(?:\\s*,\\s*${address})*\\s*$`);
const privacyList = new RegExp(`^[\\s;,]*(?:${token}(?:\\s*[;,]\\s*${token})*\\s*[;,]?\\s*)?$`);

/**
 * Whether sofia-sip can parse the headers that identify the caller (sip_security.c, sip_extra.c):
 * drachtio-server responds 400 to an out-of-dialog request with an unparsable one (`sip_error` in controller.cpp),
 * for example `Privacy: "id"`. After a bad From it also closes the connection; the simulator does not.
 */
export function areIdentitiesReadable({ headers }: SipRequest): boolean {
  const privacy = headers.all("Privacy");
  if (privacy.length > 1 || !privacy.every((value) => privacyList.test(value))) return false;
  return ["From", "To", "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID"].every((name) =>
    headers.all(name).every((value) => addressList.test(value)),
  );
}
