import { createHash } from "node:crypto";

export type ChecksumAlgorithm = "sha1" | "sha256" | "sha384" | "sha512";

/**
 * The checksum of a BBB API call: the hex hash of the call's name, its query string and the shared secret
 * (BBB's API documentation, "Usage").
 * @param query as sent, without the checksum parameter
 */
export function apiChecksum(callName: string, query: string, secret: string, algorithm: ChecksumAlgorithm): string {
  return createHash(algorithm)
    .update(callName + query + secret)
    .digest("hex");
}
