/** Longer headers are hostile: no address needs a tenth of this. */
export const maxHeaderLength = 4096;

/** Splits a header value at its commas, except those in quotes and in brackets; none of one that is too long for addresses. */
export function splitValues(header: string): readonly string[] {
  return header.length > maxHeaderLength ? [] : splitAtCommas(header);
}

/** Splits text of any length at its commas, except those in quotes and in brackets. */
export function splitAtCommas(header: string): readonly string[] {
  const values: string[] = [];
  let begun = 0;
  let isQuoted = false;
  let isBracketed = false;
  for (let at = 0; at < header.length; at += 1) {
    const character = header[at];
    if (isQuoted && character === "\\") at += 1;
    else if (character === '"' && !isBracketed) isQuoted = !isQuoted;
    else if (character === "<" && !isQuoted) isBracketed = true;
    else if (character === ">" && !isQuoted) isBracketed = false;
    else if (character === "," && !isQuoted && !isBracketed) {
      values.push(header.slice(begun, at));
      begun = at + 1;
    }
  }
  values.push(header.slice(begun));
  return values;
}
