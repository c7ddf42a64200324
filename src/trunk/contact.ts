import { splitAtCommas } from "../util/split-values.js";

/** The parts of a Contact value (RFC 3261 section 20.10) that a registration uses. */
export interface Contact {
  readonly user: string;
  /** Lower case, IPv6 without brackets. */
  readonly host: string;
  /** `undefined` for the transport's default port. */
  readonly port: number | undefined;
  /** The URI's transport parameter in lower case; `undefined` if absent. */
  readonly transport: string | undefined;
  /** Header parameters (not URI parameters) by lower-case name, unquoted; the first of duplicates. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** In characters; enough for some hundred bindings. */
const maxHeaderLength = 65_536;

/** The values of a Contact header, without `*`, malformed values and URIs other than SIP. */
export function readContacts(header: string): readonly Contact[] {
  return header.length > maxHeaderLength
    ? []
    : splitAtCommas(header).flatMap((value) => readContact(value.trim()) ?? []);
}

function readContact(value: string): Contact | undefined {
  const bracket = startOfUri(value);
  const end = bracket < 0 ? -1 : value.indexOf(">", bracket);
  if (bracket >= 0 && end < 0) return undefined;
  // Without angle brackets the parameters belong to the header (RFC 3261 section 20).
  const parametersAt = bracket >= 0 ? end + 1 : indexOrEnd(value, ";");
  const uri = bracket >= 0 ? value.slice(bracket + 1, end) : value.slice(0, parametersAt);
  const [, user = "", hostPort = "", rest = ""] =
    /^\s*sips?:(?:([^@\s]*)@)?(\[[^\]\s]*\](?::\d+)?|[^;?\s]+)(\S*)\s*$/i.exec(uri) ?? [];
  const [, bracketed, plain = "", port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(hostPort) ?? [];
  const host = (bracketed ?? plain).toLowerCase();
  if (host === "") return undefined;
  return {
    user: user.split(":", 1)[0] ?? "",
    host,
    port: port === undefined ? undefined : Number(port),
    transport: /;transport=([^;?\s]+)/i.exec(rest)?.[1]?.toLowerCase(),
    parameters: readParameters(value, parametersAt),
  };
}

/** Index of the `<` before the URI, skipping quoted display names; -1 for none. */
function startOfUri(value: string): number {
  let isQuoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at];
    if (isQuoted && character === "\\") at += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === "<" && !isQuoted) return at;
    // A Contact without angle brackets; its parameters may contain them.
    else if (character === ";" && !isQuoted) return -1;
  }
  return -1;
}

function readParameters(value: string, from: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const parameter = /\s*;\s*([^\s;=",<>]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*))?/y;
  parameter.lastIndex = from;
  for (let read = parameter.exec(value); read !== null; read = parameter.exec(value)) {
    const [, name = "", text = ""] = read;
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, "$1") : text);
  }
  return found;
}

function indexOrEnd(text: string, separator: string): number {
  const at = text.indexOf(separator);
  return at < 0 ? text.length : at;
}
