/**
 * URIs and name-addr values (RFC 3261 sections 19.1 and 20.10), parsed leniently and kept as written:
 * no percent-decoding, so that a parsed value can be written back.
 */
export interface SipUri {
  /** In lower case: `sip`, `sips`, `tel`, ... */
  readonly scheme: string;
  /** Still escaped; may contain user parameters, like `+49151;cpc=mobile`. For `tel:` the whole number. */
  readonly user?: string;
  /** Without brackets for IPv6; empty for `tel:`. */
  readonly host: string;
  readonly port?: number;
  /** Names in lower case; a parameter without a value has the empty string. */
  readonly params: ReadonlyMap<string, string>;
  /** The text after the `?`, not split. */
  readonly headers?: string;
}

export interface NameAddr {
  /** Without quotes and escapes; empty if absent. */
  readonly displayName: string;
  readonly uri: string;
  /** Header parameters, for example `tag`. Names in lower case. */
  readonly params: ReadonlyMap<string, string>;
}

const schemePattern = /^([a-z][a-z0-9+.-]*):(.*)$/is;
const hostPortPattern = /^(?:\[([0-9a-f:.]+)\]|([^\s:;?,<>"@[\]]+))(?::(\d{1,5}))?$/i;

export function parseUri(text: string): SipUri | undefined {
  const scheme = schemePattern.exec(text.trim());
  if (scheme === null) return undefined;
  const name = (scheme[1] ?? "").toLowerCase();
  const rest = scheme[2] ?? "";
  if (name !== "sip" && name !== "sips") {
    const [user = "", ...params] = rest.split(";");
    return user === "" ? undefined : { scheme: name, user, host: "", params: parseParams(params.join(";")) };
  }
  const query = rest.indexOf("?", rest.indexOf("@") + 1);
  const beforeQuery = query < 0 ? rest : rest.slice(0, query);
  const at = beforeQuery.lastIndexOf("@");
  const hostPart = beforeQuery.slice(at + 1);
  const semicolon = hostPart.indexOf(";");
  const hostPort = hostPortPattern.exec(semicolon < 0 ? hostPart : hostPart.slice(0, semicolon));
  if (hostPort === null) return undefined;
  const port = hostPort[3] === undefined ? undefined : Number(hostPort[3]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const user = at < 0 ? undefined : beforeQuery.slice(0, at);
  if (user !== undefined && /[\s<>"]/.test(user)) return undefined;
  return {
    scheme: name,
    host: hostPort[1] ?? hostPort[2] ?? "",
    params: parseParams(semicolon < 0 ? "" : hostPart.slice(semicolon + 1)),
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...(query < 0 ? {} : { headers: rest.slice(query + 1) }),
  };
}

/** `host`, or `[host]` for IPv6, with the port if given. */
export function formatHostPort(host: string, port?: number): string {
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return port === undefined ? bracketed : `${bracketed}:${port}`;
}

/** As sofia-sip reads it (RFC 3261 section 25.1): in quotes anything but a NUL, otherwise tokens. */
const displayName = /^(?:"(?:[^"\\\0]|\\[^\0])*"|(?:[\w\-.!%*+`'~]+(?:\s+|$))*)$/s;

export function parseNameAddr(text: string): NameAddr | undefined {
  const value = text.trim();
  const open = indexOutsideQuotes(value, "<");
  if (open < 0) {
    // addr-spec: parameters after the first ";" belong to the header (RFC 3261 section 20).
    const semicolon = value.indexOf(";");
    const uri = semicolon < 0 ? value : value.slice(0, semicolon).trim();
    if (!schemePattern.test(uri) && uri !== "*") return undefined;
    return { displayName: "", uri, params: parseParams(semicolon < 0 ? "" : value.slice(semicolon + 1)) };
  }
  const close = value.indexOf(">", open);
  if (close < 0) return undefined;
  const uri = value.slice(open + 1, close).trim();
  if (!schemePattern.test(uri)) return undefined;
  const after = value.slice(close + 1).trim();
  if (after !== "" && !after.startsWith(";")) return undefined;
  const name = value.slice(0, open).trim();
  if (!displayName.test(name)) return undefined;
  return { displayName: unquote(name), uri, params: parseParams(after.slice(1)) };
}

/** Writes `"name" <uri>;param=value`; the display name is escaped. */
export function formatNameAddr(nameAddr: {
  displayName?: string;
  uri: string;
  params?: ReadonlyMap<string, string>;
}): string {
  const name = nameAddr.displayName ?? "";
  const quoted = name === "" ? "" : `"${name.replace(/[\r\n]+/g, " ").replace(/["\\]/g, "\\$&")}" `;
  return `${quoted}<${nameAddr.uri}>${formatParams(nameAddr.params ?? new Map<string, string>())}`;
}

/** Parses `a=1;b;c="x;y"`. Quotes around a value are removed. */
export function parseParams(text: string): Map<string, string> {
  const params = new Map<string, string>();
  let rest = text;
  for (let count = 0; rest !== "" && count < 64; count += 1) {
    const semicolon = indexOutsideQuotes(rest, ";");
    const part = (semicolon < 0 ? rest : rest.slice(0, semicolon)).trim();
    rest = semicolon < 0 ? "" : rest.slice(semicolon + 1);
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (!params.has(name)) params.set(name, equals < 0 ? "" : unquote(part.slice(equals + 1).trim()));
  }
  return params;
}

export function formatParams(params: ReadonlyMap<string, string>): string {
  return [...params].map(([name, value]) => (value === "" ? `;${name}` : `;${name}=${quoteIfNeeded(value)}`)).join("");
}

export function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.slice(1, text.endsWith('"') && text.length > 1 ? -1 : undefined).replace(/\\(.)/gs, "$1");
}

function quoteIfNeeded(value: string): string {
  return /^[\w\-.!%*+`'~:[\]@/]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

function indexOutsideQuotes(text: string, wanted: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === wanted) return at;
  }
  return -1;
}
