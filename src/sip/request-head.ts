/** Start line and headers of a request, for what has to be known before drachtio-srf reads it. */
export interface RequestHead {
  readonly method: string;
  /** The values of a header in their order, joined by commas; "" when absent. */
  header(name: HeaderName): string;
}

/** With their compact forms (RFC 3261 section 7.3.3). */
const compactForms = {
  "call-id": "i",
  contact: "m",
  cseq: undefined,
  from: "f",
  "record-route": undefined,
  require: undefined,
  to: "t",
} as const;

type HeaderName = keyof typeof compactForms;

/** @param text with the line ends of `makeReadable` */
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
