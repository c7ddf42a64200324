import { createHash } from "node:crypto";

import { failure, type Result, success } from "./result.js";
import { splitValues } from "./split-values.js";

/* The client's side of Digest authentication: RFC 2617 and RFC 7616, in SIP by RFC 3261 section 22 and RFC 8760. */

export interface DigestCredentials {
  readonly username: string;
  readonly password: string;
  /** The realms whose challenge may be answered, compared without case; `undefined`: any. */
  readonly realms?: readonly string[] | undefined;
}

/** RFC 8760 section 2.1. The `-sess` variants are not supported: no known registrar requests them. */
const hashes: ReadonlyMap<string, string> = new Map([
  ["MD5", "md5"],
  ["SHA-256", "sha256"],
  ["SHA-512-256", "sha512-256"],
]);

/** A challenge that can be answered. Texts are as received, without quotes, with backslashes. */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As received; `undefined`: absent, which means MD5. */
  readonly algorithm: string | undefined;
  /** `undefined`: RFC 2069, without cnonce and nonce count. */
  readonly qop: "auth" | undefined;
  /** The response was correct, but its nonce has expired. */
  readonly isStale: boolean;
}

export type ChallengeFault =
  /** No complete Digest challenge. */
  | { readonly kind: "no-digest" }
  | { readonly kind: "other-realm"; readonly realm: string }
  /** Unsupported algorithm or qop; `algorithm` is the first one requested. */
  | { readonly kind: "unsupported"; readonly algorithm: string };

/** Digest parameters by lower-case name. */
export type DigestParams = ReadonlyMap<string, string>;

/**
 * The Digest challenges in the value of WWW-Authenticate or Proxy-Authenticate, in order. Several header fields are joined
 * by commas (RFC 9110 section 11.6.1); commas in quotes do not separate.
 */
export function readDigests(header: string): readonly DigestParams[] {
  const found: Map<string, string>[] = [];
  let current: Map<string, string> | undefined;
  for (const part of splitValues(header.replace(/\r?\n[ \t]+/g, " "))) {
    const [, scheme, name, value] = /^\s*(?:([\w-]+)(?:\s+|$))?(?:([\w-]+)\s*=\s*(.*?)\s*)?$/s.exec(part) ?? [];
    if (scheme !== undefined) {
      current = scheme.toLowerCase() === "digest" ? new Map() : undefined;
      if (current !== undefined) found.push(current);
    }
    const text = value === undefined ? undefined : plainText(value);
    const key = name?.toLowerCase();
    if (current !== undefined && key !== undefined && text !== undefined && !current.has(key)) current.set(key, text);
  }
  return found;
}

/** The first supported challenge: the server lists them by preference (RFC 8760 section 2.4). */
export function chooseChallenge(
  header: string,
  realms: readonly string[] | undefined,
): Result<Challenge, ChallengeFault> {
  const expected = realms?.map((realm) => realm.toLowerCase());
  let fault: ChallengeFault = { kind: "no-digest" };
  for (const params of readDigests(header)) {
    const [realm, nonce, algorithm] = [params.get("realm"), params.get("nonce"), params.get("algorithm")];
    if (realm === undefined || nonce === undefined) continue;
    const qop =
      params
        .get("qop")
        ?.toLowerCase()
        .split(",")
        .map((option) => option.trim())
        .filter((option) => option !== "") ?? [];
    if (expected !== undefined && !expected.includes(realm.toLowerCase())) {
      fault = { kind: "other-realm", realm };
    } else if (hashOf(algorithm) === undefined || (qop.length > 0 && !qop.includes("auth"))) {
      if (fault.kind === "no-digest") fault = { kind: "unsupported", algorithm: algorithm ?? "MD5" };
    } else {
      return success({
        realm,
        nonce,
        opaque: params.get("opaque"),
        algorithm,
        qop: qop.length > 0 ? "auth" : undefined,
        isStale: params.get("stale")?.toLowerCase() === "true",
      });
    }
  }
  return failure(fault);
}

/**
 * The value of Authorization or Proxy-Authorization in response to a challenge.
 *
 * @param count the nonce count, including this response
 */
export function digestAuthorization(
  challenge: Challenge,
  credentials: DigestCredentials,
  request: { readonly method: string; readonly uri: string },
  cnonce: string,
  count: number,
): string {
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  const nc = count.toString(16).padStart(8, "0");
  const params = new Map([
    ["realm", realm],
    ["nonce", nonce],
    ...(algorithm === undefined ? [] : [["algorithm", algorithm] as const]),
    ...(qop === undefined
      ? []
      : ([
          ["qop", qop],
          ["cnonce", cnonce],
          ["nc", nc],
        ] as const)),
  ]);
  return `Digest ${[
    `username="${credentials.username.replace(/["\\]/g, "\\$&")}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${request.uri}"`,
    `response="${digestResponse(params, credentials, request.method, request.uri) ?? ""}"`,
    ...(qop === undefined ? [] : [`cnonce="${cnonce}"`, "qop=auth", `nc=${nc}`]),
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
  ].join(", ")}`;
}

/**
 * The `response` of RFC 7616 section 3.4.1 for these parameters: qop `auth` if present, else RFC 2069.
 * `undefined` for an algorithm that is not supported.
 */
export function digestResponse(
  params: DigestParams,
  { username, password }: Pick<DigestCredentials, "username" | "password">,
  method: string,
  uri: string,
): string | undefined {
  const algorithm = hashOf(params.get("algorithm"));
  if (algorithm === undefined) return undefined;
  const hash = (text: string): string => createHash(algorithm).update(text).digest("hex");
  const value = (name: string): string => params.get(name) ?? "";
  const middle = value("qop") === "" ? [value("nonce")] : [value("nonce"), value("nc"), value("cnonce"), value("qop")];
  return hash([hash(`${username}:${value("realm")}:${password}`), ...middle, hash(`${method}:${uri}`)].join(":"));
}

function hashOf(algorithm: string | undefined): string | undefined {
  return hashes.get((algorithm ?? "MD5").toUpperCase());
}

/** A token unchanged, a quoted string without quotes; `undefined` for anything else. */
function plainText(value: string): string | undefined {
  if (/\p{Cc}/u.test(value)) return undefined;
  return value.startsWith('"') ? /^"((?:[^"\\]|\\.)*)"$/s.exec(value)?.[1] : /^[^\s"]+$/.exec(value)?.[0];
}
