import { createHash, timingSafeEqual } from "node:crypto";

import type { ChecksumAlgorithm } from "./api-checksum.js";

/** The credentials of a webhook. */
export interface WebhookProof {
  /** The possible spellings of the callback URL in the configuration of bbb-webhooks, without the checksum. */
  readonly callbackUrls: readonly string[];
  readonly body: string;
  /** The query parameter `checksum`, "" if absent. */
  readonly checksum: string;
  /** The header `Authorization`, "" if absent. */
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
 * Whether the webhook is authentic: `checksum` is the hash of callback URL, body and shared secret, with the algorithm
 * implied by its length; or the shared secret is the Bearer token (`bbb.auth2_0` of bbb-webhooks).
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
 * The equivalent spellings of a callback URL: bbb-webhooks hashes it as configured, with or without the default port and
 * a trailing slash, the host in any case (src/out/webhooks/callback-emitter.js).
 *
 * @param base the public URL of einwahl; used as configured and normalized
 * @param query of the callback URL itself, "" if absent
 */
export function callbackUrls(base: string, path: string, query: string): readonly string[] {
  if (!URL.canParse(base)) return [];
  const { protocol, hostname, port, pathname } = new URL(base);
  const prefix = pathname.replace(/\/+$/, "");
  const ports = port === "" ? ["", `:${defaultPorts[protocol] ?? ""}`] : [`:${port}`];
  const bases = new Set([base, ...ports.map((each) => `${protocol}//${hostname}${each}${prefix}`)]);
  return [...bases].flatMap((each) => ["", "/"].map((end) => `${each}${path}${end}${query === "" ? "" : `?${query}`}`));
}

/** Constant-time comparison; hashing first hides the lengths as well. */
function isEqual(left: string, right: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(left), hash(right));
}
