import { createHash, timingSafeEqual } from "node:crypto";

import type { ChecksumAlgorithm } from "./api-checksum.js";

/** How a webhook says that it comes from its server. */
export interface WebhookProof {
  /** The callback URL without the checksum, as it may be written in the configuration of bbb-webhooks. */
  readonly callbackUrls: readonly string[];
  readonly body: string;
  /** The query's `checksum`, "" without. */
  readonly checksum: string;
  /** The header `Authorization`, "" without. */
  readonly authorization: string;
}

const algorithms: Readonly<Record<number, ChecksumAlgorithm>> = {
  40: "sha1",
  64: "sha256",
  96: "sha384",
  128: "sha512",
};
const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };
/** RFC 9110 section 11.4; the scheme is case-insensitive (section 11.1). */
const bearer = /^bearer +(.+)$/i;

/**
 * Whether the webhook is the server's: `checksum` is the hash of callback URL, body and shared secret, its algorithm told by
 * its length; or the shared secret itself comes as Bearer (`bbb.auth2_0` of bbb-webhooks).
 */
export function isAuthentic({ callbackUrls, body, checksum, authorization }: WebhookProof, secret: string): boolean {
  const token = bearer.exec(authorization)?.[1];
  if (token !== undefined && isEqual(token.trimEnd(), secret)) return true;
  const algorithm = algorithms[checksum.length];
  if (algorithm === undefined) return false;
  const given = checksum.toLowerCase();
  return callbackUrls.some((url) =>
    isEqual(
      given,
      createHash(algorithm)
        .update(url + body + secret)
        .digest("hex"),
    ),
  );
}

/**
 * The ways to write one and the same callback URL: bbb-webhooks hashes it as its operator has written it, with or without
 * the default port and a slash at the end, the host in any case (src/out/webhooks/callback-emitter.js).
 *
 * @param base what einwahl's web address is; as it is written, and as URLs are normalized
 * @param query of the callback URL itself, "" without
 */
export function callbackUrls(base: string, path: string, query: string): readonly string[] {
  if (!URL.canParse(base)) return [];
  const { protocol, hostname, port, pathname } = new URL(base);
  const prefix = pathname.replace(/\/+$/, "");
  const ports = port === "" ? ["", `:${defaultPorts[protocol] ?? ""}`] : [`:${port}`];
  const bases = new Set([base, ...ports.map((each) => `${protocol}//${hostname}${each}${prefix}`)]);
  return [...bases].flatMap((each) => ["", "/"].map((end) => `${each}${path}${end}${query === "" ? "" : `?${query}`}`));
}

/** In a time that tells nothing but lengths, and not even those. */
function isEqual(left: string, right: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(left), hash(right));
}
