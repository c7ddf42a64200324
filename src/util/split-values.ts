/** Maximum length of a header value, in characters; real ones need less than a tenth. */
export const maxHeaderLength = 4096;

/** Splits a header value at commas outside of quotes and angle brackets; empty for a value over `maxHeaderLength`. */
export function splitValues(header: string): readonly string[] {
  return header.length > maxHeaderLength ? [] : splitAtCommas(header);
}

/** Splits text of any length at commas outside of quotes and angle brackets. */
export function splitAtCommas(header: string): readonly string[] {
  const values: string[] = [];
  let start = 0;
  let isQuoted = false;
  let isBracketed = false;
  for (let at = 0; at < header.length; at += 1) {
    const character = header[at];
    if (isQuoted && character === "\\") at += 1;
    else if (character === '"' && !isBracketed) isQuoted = !isQuoted;
    else if (character === "<" && !isQuoted) isBracketed = true;
    else if (character === ">" && !isQuoted) isBracketed = false;
    else if (character === "," && !isQuoted && !isBracketed) {
      values.push(header.slice(start, at));
      start = at + 1;
    }
  }
  values.push(header.slice(start));
  return values;
}
