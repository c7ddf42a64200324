/** Method and headers of a request, read before drachtio-srf parses it. */
export interface RequestHead {
  readonly method: string;
  /** All values of a header in order, joined by commas; "" if absent. */
  header(name: HeaderName): string;
}

/** Header names and their compact forms (RFC 3261 section 7.3.3). */
const compactForms = {
  "call-id": "i",
  contact: "m",
  "content-type": "c",
  cseq: undefined,
  from: "f",
  "record-route": undefined,
  require: undefined,
  to: "t",
} as const;

type HeaderName = keyof typeof compactForms;

/** @param text normalised by `makeReadable` */
export function readHead(text: string): RequestHead {
  const end = text.indexOf("\r\n\r\n");
  const [start = "", ...lines] = (end < 0 ? text : text.slice(0, end)).replace(/\r\n[ \t]+/g, " ").split("\r\n");
  return {
    method: start.split(" ", 1).join(""),
    header: (name) => {
      const names: readonly (string | undefined)[] = [name, compactForms[name]];
      return lines
        .flatMap((line) => {
          const colon = line.indexOf(":");
          return names.includes(line.slice(0, Math.max(0, colon)).trim().toLowerCase())
            ? [line.slice(colon + 1).trim()]
            : [];
        })
        .join(", ");
    },
  };
}

/** The tag of a From or To header; "" for none. */
export function tagIn(header: string): string {
  return /;[ \t]*tag[ \t]*=[ \t]*([^\s;,>]+)/i.exec(header.slice(header.lastIndexOf(">") + 1))?.[1] ?? "";
}
