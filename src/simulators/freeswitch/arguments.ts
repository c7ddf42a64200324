/**
 * Splits as switch_separate_string does: single quotes group a part, a backslash escapes a quote, the delimiter or
 * itself. The last of `most` parts keeps the rest.
 */
export function splitArguments(text: string, delimiter: string, most: number): string[] {
  const parts: string[] = [];
  let part = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (character === "\\" && (next === "'" || next === delimiter || next === "\\")) {
      part += next;
      at += 1;
    } else if (character === "'" && (quoted || text.includes("'", at + 1))) {
      quoted = !quoted;
    } else if (character === delimiter && !quoted && parts.length < most - 1) {
      if (delimiter !== " " || part !== "") parts.push(part);
      part = "";
    } else {
      part += character;
    }
  }
  if (part !== "" || delimiter !== " ") parts.push(part);
  return parts;
}

/** atoi: leading digits, otherwise 0. */
export function integer(text: string | undefined): number {
  const digits = /^\s*([+-]?\d{1,15})/.exec(text ?? "")?.[1];
  return digits === undefined ? 0 : Number(digits);
}
