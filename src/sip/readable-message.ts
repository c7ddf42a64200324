/** RFC 3261 section 18.3: the empty line; sofia-sip takes each of the three for a line end. */
const endOfHeaders = /(?:\r\n|\n|\r(?!\n)){2}/;
const lineEnd = /\r\n|\n|\r/;
/** The name as drachtio-srf reads it, in sip-parser/parser.js. */
const readableHeader = /^\S*?\s*:/;

/**
 * The message in a form that drachtio-srf can read. drachtio-server hands on what sofia-sip has read in spite of its form:
 * a version in lower case (allowed: RFC 3261 section 7.1), bare line feeds, more than one space in the start line, and in
 * dialogs and responses header lines without a colon, which are left out here as sofia-sip leaves them out.
 *
 * @returns `undefined` when its start line or its end can't be found
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
    // A folded line belongs to the header before it.
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
