import { splitAtCommas } from "../util/split-values.js";

/** A value of a Contact header (RFC 3261 section 20.10), as far as a registration needs it. */
export interface Contact {
  readonly user: string;
  /** Lower case, IPv6 without brackets. */
  readonly host: string;
  /** `undefined`: the default of its transport. */
  readonly port: number | undefined;
  /** Of the URI: the transport in lower case, `undefined` where it names none. */
  readonly transport: string | undefined;
  /** Parameters of the Contact, not of its URI, by their names in lower case, without quotes; of equal names the first. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** In characters: some hundred bindings of one address of record. */
const maxHeaderLength = 65_536;

/** The readable values of a Contact header; `*` and what is no SIP URI are left out. */
export function readContacts(header: string): readonly Contact[] {
  return header.length > maxHeaderLength
    ? []
    : splitAtCommas(header).flatMap((value) => readContact(value.trim()) ?? []);
}

function readContact(value: string): Contact | undefined {
  const bracket = startOfUri(value);
  const end = bracket < 0 ? -1 : value.indexOf(">", bracket);
  if (bracket >= 0 && end < 0) return undefined;
  // Without brackets the parameters belong to the header (RFC 3261 section 20).
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

/** The position of the `<` that begins the URI, after a display name that may hold one in quotes; -1 for none. */
function startOfUri(value: string): number {
  let isQuoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at];
    if (isQuoted && character === "\\") at += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === "<" && !isQuoted) return at;
    // Of a Contact without brackets, whose parameters may have some.
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
