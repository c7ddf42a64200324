import { createHash } from "node:crypto";

import Negotiator from "negotiator";

/** Characters of a header that are read: a longer one comes from an attack, not from a browser. */
const maxHeaderLength = 1_000;
const maxLanguages = 10;

/** Languages in the order of preference (RFC 9110 section 12.5.4). */
export function wishedLanguages(header: string): readonly string[] {
  const languages = new Negotiator({ headers: { "accept-language": header.slice(0, maxHeaderLength) } }).languages();
  return languages.slice(0, maxLanguages);
}

/** The preferred media type (RFC 9110 section 12.5.1), or the first known one if the client accepts none. */
export function wishedType<Known extends string>(header: string, known: readonly [Known, ...Known[]]): Known {
  const type = new Negotiator({ headers: { accept: header.slice(0, maxHeaderLength) } }).mediaType([...known]);
  return known.find((each) => each === type) ?? known[0];
}

/** The first wish whose primary language is known; `undefined` if none is. */
export function firstOf<Known extends string>(wishes: readonly string[], known: readonly Known[]): Known | undefined {
  for (const wish of wishes) {
    const language = wish.toLowerCase().split("-")[0];
    const found = known.find((each) => each === language);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A strong entity tag, computed from the bytes of the body (RFC 9110 section 8.8.3). */
export function entityTag(body: string | Buffer): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}

/** Whether an `If-None-Match` names the tag (RFC 9110 section 13.1.2, weak comparison). */
export function isNamed(tag: string, header: string): boolean {
  return header.trim() === "*" || header.split(",").some((each) => each.trim().replace(/^W\//, "") === tag);
}
