import { createRequire } from "node:module";

interface EventParser {
  readonly prototype: { _parseHeaderText: (text: string) => Record<string, string | number> };
}

const load = createRequire(import.meta.url);

/**
 * drachtio-modesl (lib/esl/Parser.js) drops an event with an escape that is not UTF-8 (`decodeURIComponent` throws), and the
 * connection's state with it. FreeSWITCH forwards `%E4` unchanged (switch_url_encode), for example from a BBB server's SDP.
 */
export function decodeEventsTolerantly(): void {
  const fsmrf = createRequire(load.resolve("drachtio-fsmrf"));
  const Parser = fsmrf("drachtio-modesl/lib/esl/Parser") as EventParser;
  Parser.prototype._parseHeaderText = readEventHeaders;
}

/** Parses lines of names and percent-encoded values; keeps escapes that do not decode. */
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
