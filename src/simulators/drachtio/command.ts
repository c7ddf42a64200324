/** A command of an application. Tokens of the first line are separated by `|`; a SIP message may follow. */
export type Command =
  | { readonly verb: "authenticate"; readonly id: string; readonly secret: string }
  | { readonly verb: "ping"; readonly id: string }
  | { readonly verb: "route" | "remove_route"; readonly id: string; readonly method: string }
  | {
      readonly verb: "sip";
      readonly id: string;
      readonly transactionId: string;
      readonly dialogId: string;
      readonly routeUrl: string;
      readonly message: SipText;
    }
  | { readonly verb: "unsupported"; readonly id: string; readonly name: string }
  | { readonly verb: "malformed"; readonly id: string };

/** The text of a SIP message; the server adds missing headers. */
export interface SipText {
  readonly startLine: string;
  /** Excludes headers that an application may not set: Via, Route, Record-Route, RSeq, Content-Length. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const serverOnly = new Set(["via", "route", "record-route", "rseq", "content-length"]);
const token = /^[\w\-.!%*+`'~]+$/;

export function parseCommand(payload: string): Command {
  const end = payload.indexOf("\r\n");
  const line = end < 0 ? payload : payload.slice(0, end);
  const [id = "", verb, ...tokens] = line.split("|");
  switch (verb) {
    case undefined:
      return { verb: "malformed", id };
    case "authenticate":
      return { verb, id, secret: tokens[0] ?? "" };
    case "ping":
      return { verb, id };
    case "route":
    case "remove_route":
      return { verb, id, method: (tokens[0] ?? "").toLowerCase() };
    case "sip":
      if (tokens.length < 2 || end < 0) return { verb: "malformed", id };
      return {
        verb,
        id,
        transactionId: tokens[0] ?? "",
        dialogId: tokens[1] ?? "",
        routeUrl: tokens[2] ?? "",
        message: parseSipText(payload.slice(end + 2)),
      };
    default:
      return { verb: "unsupported", id, name: verb };
  }
}

export function parseSipText(text: string): SipText {
  const end = text.indexOf("\r\n\r\n");
  const [startLine = "", ...lines] = (end < 0 ? text : text.slice(0, end)).split("\r\n");
  const headers: (readonly [string, string])[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim();
    const value = line.slice(colon + 1).trim();
    // drachtio-server silently drops malformed headers and those that an application may not set.
    if (token.test(name) && !serverOnly.has(name.toLowerCase()) && value !== "") headers.push([name, value]);
  }
  return { startLine, headers, body: end < 0 ? "" : text.slice(end + 4) };
}

/** The first value of a header. */
export function headerOf(text: SipText, name: string): string | undefined {
  return text.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
