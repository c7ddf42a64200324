/** The peer's Contact, the target of in-dialog requests (RFC 3261 section 8.1.1.8); `unreachable`: not a SIP URI with a host. */
export type Contact = "missing" | "unreachable" | "reachable";

/** @param header only its first value is read */
export function readContact(header: string): Contact {
  const text = header.trim();
  if (text === "") return "missing";
  const address = text.replace(/^"(?:[^"\\]|\\.)*"/, "");
  const uri = /^[^<,]*<([^>]*)>/.exec(address)?.[1] ?? address;
  const [, rest] = /^[ \t]*sips?:(.*)$/i.exec(uri) ?? [];
  const host = rest?.slice(rest.lastIndexOf("@") + 1) ?? "";
  return /^\[?[0-9a-z]/i.test(host) ? "reachable" : "unreachable";
}
