/** The empty line after the headers (RFC 3261 section 18.3); sofia-sip accepts all three line ends. */
const endOfHeaders = /(?:\r\n|\n|\r(?!\n)){2}/;
const lineEnd = /\r\n|\n|\r/;
/** A header name as parsed by drachtio-srf (sip-parser/parser.js). */
const readableHeader = /^\S*?\s*:/;

/**
 * Normalises a message so that drachtio-srf can parse it. drachtio-server forwards messages that sofia-sip tolerates: a
 * lower-case version (allowed by RFC 3261 section 7.1), bare line feeds, several spaces in the start line, and, in dialogs
 * and responses, header lines without a colon, which are dropped here as in sofia-sip.
 *
 * @returns `undefined` if the start line or the end of the headers is missing
 */
export function makeReadable(message: string): string | undefined {
  const end = endOfHeaders.exec(message);
  if (end === null) return undefined;
  const [first = "", ...lines] = message.slice(0, end.index).split(lineEnd);
  const start = readableStart(first);
  if (start === undefined) return undefined;
  const headers: string[] = [];
  let isKept = false;
  for (const line of lines) {
    // A folded line continues the previous header.
    if (!/^[ \t]/.test(line)) isKept = readableHeader.test(line);
    if (isKept) headers.push(line);
  }
  return [start, ...headers, "", message.slice(end.index + end[0].length)].join("\r\n");
}

function readableStart(line: string): string | undefined {
  const [, status, reason = ""] = /^SIP\s*\/\s*2\.0\s+(\d{3})(?:\s+(.*))?$/i.exec(line) ?? [];
  if (status !== undefined) return `SIP/2.0 ${status} ${reason}`;
  const [, method, uri] = /^([\w\-.!%*+`'~]+)\s+(\S+)\s+SIP\s*\/\s*2\.0\s*$/i.exec(line) ?? [];
  return method === undefined || uri === undefined ? undefined : `${method} ${uri} SIP/2.0`;
}
