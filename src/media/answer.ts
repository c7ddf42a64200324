/** Whether FreeSWITCH's answer leaves open which key it uses: an answer has exactly one (RFC 4568 section 5.1.2). */
export function hasSeveralCryptoLines(answer: string): boolean {
  return cryptoLines(answer).length > 1;
}

/** The key line of this suite in an answer, under the tag that the suite has in the offer; `undefined` when one of them lacks it. */
export function cryptoOfSuite(offer: string, answer: string, suite: string): string | undefined {
  const line = new RegExp(`^a=crypto:(\\d+) ${suite} (inline:\\S+)`, "im");
  const [, tag] = line.exec(offer) ?? [];
  const [, , key] = line.exec(answer) ?? [];
  return tag === undefined || key === undefined ? undefined : `${tag} ${suite} ${key}`;
}

/**
 * The answer with one key, and with as many lines as the offer has (RFC 3264 section 6).
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

/** The session and each media line with what belongs to it. */
function sectionsOf(sdp: string): string[] {
  return sdp.split(/^(?=m=)/m);
}
