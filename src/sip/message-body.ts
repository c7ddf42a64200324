/** A body and its headers (RFC 3261 section 20.11 to 20.15, RFC 5621). */
export interface MessageBody {
  readonly type: string;
  readonly disposition: string;
  /** Value of `Content-Encoding`; "" for none. */
  readonly encoding: string;
  readonly text: string;
}

const maxParts = 16;
const maxDepth = 3;

/**
 * The session description in a body; "" for none, `undefined` if the body has a required type that is not supported
 * (415).
 */
export function sdpIn(body: MessageBody, depth = 0): string | undefined {
  if (body.text.trim() === "") return "";
  const type = (body.type.split(";")[0] ?? "").trim().toLowerCase();
  const isPlain = /^(?:|identity|binary|8bit|7bit)$/.test(body.encoding.trim().toLowerCase());
  const isSession = /^[ \t]*(?:session[ \t]*)?(?:;|$)/i.test(body.disposition);
  if (isPlain && isSession && (type === "application/sdp" || type === "")) return body.text;
  const parts = isPlain && type.startsWith("multipart/") && depth < maxDepth ? partsOf(body) : undefined;
  const found = parts?.map((part) => sdpIn(part, depth + 1)) ?? [undefined];
  const sdp =
    type === "multipart/alternative"
      ? found.findLast((text) => text !== undefined)
      : found.includes(undefined)
        ? undefined
        : (found.find((text) => text !== "") ?? "");
  if (sdp !== undefined) return sdp;
  return /;[ \t]*handling[ \t]*=[ \t]*"?optional\b/i.test(body.disposition) ? "" : undefined;
}

/** `undefined` if it is malformed. */
function partsOf({ type, text }: MessageBody): MessageBody[] | undefined {
  const [, quoted, plain = ""] = /;[ \t]*boundary[ \t]*=[ \t]*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === "") return undefined;
  const parts: string[][] = [];
  for (const line of text.split(/\r\n|\n/)) {
    const rest = line.startsWith(`--${boundary}`) ? line.slice(boundary.length + 2).trim() : undefined;
    if (rest === "--") break;
    if (rest === "") parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts.length === 0 || parts.length > maxParts ? undefined : parts.map(readPart);
}

function readPart(lines: readonly string[]): MessageBody {
  const end = lines.indexOf("");
  const head = end === -1 ? [] : lines.slice(0, end);
  // Unfold header lines (RFC 3261 section 7.3.1).
  const headers = head
    .join("\n")
    .replace(/\n[ \t]+/g, " ")
    .split("\n");
  const header = (name: string): string =>
    headers
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim() ?? "";
  return {
    // The default type is text/plain (RFC 2046 section 5.1).
    type: header("content-type") === "" ? "text/plain" : header("content-type"),
    disposition: header("content-disposition"),
    encoding: header("content-encoding") === "" ? header("content-transfer-encoding") : header("content-encoding"),
    text: lines.slice(end + 1).join("\r\n"),
  };
}
