/** `Signal=5` and `Duration=160`, with room to spare. */
const longestBody = 512;

/**
 * The key in a SIP INFO: `application/dtmf-relay` (`Signal=5`, as Cisco and FreeSWITCH send it) or
 * `application/dtmf` (the key alone). `undefined` when there is none; nothing but `[0-9*#]` gets through.
 */
export function readDtmfInfo(contentType: string, body: string): string | undefined {
  if (body.length > longestBody) return undefined;
  switch (contentType.split(";", 1).join("").trim().toLowerCase()) {
    case "application/dtmf-relay":
      return keyIn(/^\s*Signal\s*=\s*(\S{1,2})\s*$/im.exec(body)?.[1]);
    case "application/dtmf":
      return keyIn(body.trim());
    default:
      return undefined;
  }
}

/** Some senders number the keys as RFC 4733 does: 10 is `*`, 11 is `#`. */
function keyIn(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text === "10") return "*";
  if (text === "11") return "#";
  return /^[0-9*#]$/.test(text) ? text : undefined;
}
