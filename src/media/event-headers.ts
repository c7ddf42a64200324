import { createRequire } from "node:module";

interface EventParser {
  readonly prototype: { _parseHeaderText: (text: string) => Record<string, string | number> };
}

const load = createRequire(import.meta.url);

/**
 * drachtio-modesl throws away an event with an escape that is no UTF-8 (`decodeURIComponent`), and with it the connection's
 * state. FreeSWITCH passes `%E4` in a variable on as it is (switch_url_encode), for example from a BBB server's SDP.
 */
export function decodeEventsTolerantly(): void {
  const fsmrf = createRequire(load.resolve("drachtio-fsmrf"));
  const Parser = fsmrf("drachtio-modesl/lib/esl/Parser") as EventParser;
  Parser.prototype._parseHeaderText = readEventHeaders;
}

/** Lines of names and percent-encoded values; an escape that does not decode is kept as it is. */
export function readEventHeaders(text: string): Record<string, string | number> {
  const headers: Record<string, string | number> = {};
  for (const line of text.split("\n")) {
    const [name = "", ...rest] = line.split(": ");
    const value = decoded(rest.join(": "));
    headers[name] = name === "Content-Length" ? Number.parseInt(value, 10) : value;
  }
  return headers;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
