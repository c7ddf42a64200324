import { createHash, timingSafeEqual } from "node:crypto";

/** BBB derives the algorithm from the length of the checksum (bigbluebutton-web, `ValidationService`). */
export type ChecksumAlgorithm = "sha1" | "sha256" | "sha384" | "sha512";

const algorithmOfLength: ReadonlyMap<number, ChecksumAlgorithm> = new Map([
  [40, "sha1"],
  [64, "sha256"],
  [96, "sha384"],
  [128, "sha512"],
]);

/**
 * The checksum of one BBB API call: hex hash of call name, query string and secret, concatenated without separators.
 *
 * @param query the query string as sent, without `?` and without the `checksum` parameter
 */
export function apiChecksum(callName: string, query: string, secret: string, algorithm: ChecksumAlgorithm): string {
  return createHash(algorithm)
    .update(callName + query + secret)
    .digest("hex");
}

export interface GivenChecksum {
  readonly callName: string;
  /** The query string as sent, with or without the `checksum` parameter. */
  readonly query: string;
  readonly checksum: string;
  readonly secret: string;
}

/** Whether a checksum is valid; false for an empty one. */
export function hasValidChecksum({ callName, query, checksum, secret }: GivenChecksum): boolean {
  const given = checksum.toLowerCase();
  const algorithm = algorithmOfLength.get(given.length);
  if (algorithm === undefined || !/^[0-9a-f]+$/.test(given)) return false;
  const signed = query
    .split("&")
    .filter((part) => !part.startsWith("checksum="))
    .join("&");
  const expected = apiChecksum(callName, signed, secret, algorithm);
  return timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}
