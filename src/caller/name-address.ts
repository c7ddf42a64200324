import { maxHeaderLength } from "../util/split-values.js";

/** The parts of a SIP or tel address that identify a party. */
export interface NameAddress {
  /** The display name without quotes and escapes; `undefined`: absent; "": present and empty. */
  readonly displayName: string | undefined;
  readonly scheme: "sip" | "tel";
  /** The user part as received, without a password; the number of a tel URI with its parameters. "": absent. */
  readonly user: string;
  /** Without the port, lower case; "" for a tel URI. */
  readonly host: string;
}

/** The parts of a user part or a tel URI, which may have own parameters (RFC 3966 section 3). */
export interface UserPart {
  /** Without escapes and parameters. */
  readonly name: string;
  /** The context of a number without `+`, such as `+49` (RFC 3966 section 5.1.5); "": absent. */
  readonly phoneContext: string;
}

/**
 * Parses `From` and values of headers like `P-Asserted-Identity` (RFC 3261 section 25.1 `name-addr` and `addr-spec`, RFC
 * 3966 for `tel:`). Never throws; returns `undefined` for anything else.
 */
export function parseNameAddress(header: string): NameAddress | undefined {
  if (header.length > maxHeaderLength) return undefined;
  const text = header.trim();
  if (text.startsWith('"')) {
    const quoted = readQuoted(text);
    if (quoted === undefined) return undefined;
    return readBracketed(text.slice(quoted.end), quoted.text);
  }
  const bracket = text.indexOf("<");
  if (bracket < 0) {
    // Without brackets the parameters belong to the header, not to the URI.
    return readUri(before(text, ";").trim(), undefined);
  }
  const name = text.slice(0, bracket).trim();
  return readBracketed(text.slice(bracket), name === "" ? undefined : name);
}

/** `undefined`: invalid percent-encoding. */
export function userPartOf({ user }: NameAddress): UserPart | undefined {
  const decoded = percentDecode(user);
  if (decoded === undefined) return undefined;
  const [name = "", ...parameters] = decoded.split(";");
  const context = parameters
    .map((each) => /^\s*phone-context\s*=\s*(.*)$/i.exec(each)?.[1])
    .find((each) => each !== undefined);
  return { name, phoneContext: context?.trim() ?? "" };
}

/** Percent-decodes as UTF-8; `undefined`: invalid encoding. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function readQuoted(text: string): { readonly text: string; readonly end: number } | undefined {
  let content = "";
  for (let at = 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') return { text: content, end: at + 1 };
    if (character === "\\") at += 1;
    content += text.charAt(at);
  }
  return undefined;
}

function readBracketed(text: string, displayName: string | undefined): NameAddress | undefined {
  const rest = text.trimStart();
  const end = rest.indexOf(">");
  if (!rest.startsWith("<") || end < 0) return undefined;
  return readUri(rest.slice(1, end).trim(), displayName);
}

function readUri(uri: string, displayName: string | undefined): NameAddress | undefined {
  const colon = uri.indexOf(":");
  if (colon < 0) return undefined;
  const scheme = uri.slice(0, colon).toLowerCase();
  const rest = uri.slice(colon + 1);
  if (scheme === "tel") return { displayName, scheme, user: rest, host: "" };
  if (scheme !== "sip" && scheme !== "sips") return undefined;
  // A user part may hold `;` and `?` (RFC 3261 section 25.1 user-unreserved), a host may not hold `@`.
  const at = rest.lastIndexOf("@");
  return {
    displayName,
    scheme: "sip",
    user: at < 0 ? "" : before(rest.slice(0, at), ":"),
    host: hostOf(rest.slice(at + 1)),
  };
}

function hostOf(hostAndMore: string): string {
  const hostPort = before(before(hostAndMore, ";"), "?");
  return (hostPort.startsWith("[") ? before(hostPort, "]") : before(hostPort, ":")).toLowerCase();
}

function before(text: string, separator: string): string {
  const at = text.indexOf(separator);
  return at < 0 ? text : text.slice(0, at);
}
