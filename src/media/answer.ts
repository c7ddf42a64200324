/** Whether FreeSWITCH's answer is ambiguous about its key: an answer must have exactly one (RFC 4568 section 5.1.2). */
export function hasSeveralCryptoLines(answer: string): boolean {
  return cryptoLines(answer).length > 1;
}

/** The answer's crypto attribute of this suite with the offer's tag; `undefined` if offer or answer lacks the suite. */
export function cryptoOfSuite(offer: string, answer: string, suite: string): string | undefined {
  const line = new RegExp(`^a=crypto:(\\d+) ${suite} (inline:\\S+)`, "im");
  const [, tag] = line.exec(offer) ?? [];
  const [, , key] = line.exec(answer) ?? [];
  return tag === undefined || key === undefined ? undefined : `${tag} ${suite} ${key}`;
}

/**
 * Reduces the answer to one key and to as many m-lines as the offer has (RFC 3264 section 6).
 *
 * @param key tag, suite, `inline:` and the key
 */
export function withOneCryptoLine(offer: string, answer: string, key: string): string {
  const kept = sectionsOf(answer).slice(0, sectionsOf(offer).length).join("");
  const [first, ...others] = cryptoLines(kept);
  if (first === undefined) return kept;
  return others.reduce((sdp, other) => sdp.replace(other, ""), kept.replace(first, `a=crypto:${key}\r\n`));
}

function cryptoLines(sdp: string): string[] {
  return sdp.match(/^a=crypto:.*\r?\n/gm) ?? [];
}

/** Splits an SDP into the session section and the media sections. */
function sectionsOf(sdp: string): string[] {
  return sdp.split(/^(?=m=)/m);
}
