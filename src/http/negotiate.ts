import { createHash } from "node:crypto";

/** Wished languages, the most wished first (RFC 9110 section 12.5.4); at most ten, and no more of a header than is sensible. */
export function wishedLanguages(header: string): readonly string[] {
  const wishes = header
    .slice(0, 1_000)
    .split(",")
    .flatMap((part, place) => {
      const [tag = "", ...parameters] = part.split(";").map((each) => each.trim());
      if (!/^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/.test(tag)) return [];
      const quality = qualityOf(parameters);
      return quality > 0 ? [{ tag, quality, place }] : [];
    });
  return wishes
    .sort((left, right) => right.quality - left.quality || left.place - right.place)
    .slice(0, 10)
    .map(({ tag }) => tag);
}

/**
 * The media type that is wished for most (RFC 9110 section 12.5.1), the first of those that there are when several are
 * wished for alike or none is: whoever wants something else altogether gets what there is.
 */
export function wishedType<Known extends string>(header: string, known: readonly [Known, ...Known[]]): Known {
  const wishes = header
    .slice(0, 1_000)
    .split(",")
    .map((part) => {
      const [range = "", ...parameters] = part.split(";").map((each) => each.trim().toLowerCase());
      return { range, quality: qualityOf(parameters) };
    });
  const qualities = known.map((type) => {
    const ranges = [type, `${type.split("/")[0] ?? ""}/*`, "*/*"];
    return (
      ranges
        .map((range) => wishes.find((wish) => wish.range === range)?.quality)
        .find((quality) => quality !== undefined) ?? 0
    );
  });
  return known[qualities.indexOf(Math.max(...qualities))] ?? known[0];
}

function qualityOf(parameters: readonly string[]): number {
  const weight = parameters
    .map((each) => /^q=([01](?:\.[0-9]{0,3})?)$/i.exec(each)?.[1])
    .find((each) => each !== undefined);
  return weight === undefined ? 1 : Number(weight);
}

/** The first of the wishes that there is, by its language; `undefined` when there is none of them. */
export function firstOf<Known extends string>(wishes: readonly string[], known: readonly Known[]): Known | undefined {
  for (const wish of wishes) {
    const language = wish.toLowerCase().split("-")[0];
    const found = known.find((each) => each === language);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A strong entity tag: the same bytes, the same tag (RFC 9110 section 8.8.3). */
export function entityTag(body: string | Buffer): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}

/** Whether an `If-None-Match` names the tag (RFC 9110 section 13.1.2, weak comparison). */
export function isNamed(tag: string, header: string): boolean {
  return header.trim() === "*" || header.split(",").some((each) => each.trim().replace(/^W\//, "") === tag);
}
