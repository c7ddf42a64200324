import { createHash } from "node:crypto";

import type { SipRequest, SipResponse } from "./message.js";
import { splitList } from "./headers.js";
import { unquote } from "./uri.js";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The parameters of a Digest challenge or of its answer, names in lower case. */
export type DigestParams = ReadonlyMap<string, string>;

/** Reads `Digest realm="...", nonce="..."`; undefined for another scheme. */
export function parseDigest(header: string): DigestParams | undefined {
  const scheme = /^Digest\s+(.*)$/is.exec(header.trim());
  if (scheme === null) return undefined;
  const params = new Map<string, string>();
  for (const part of splitList(scheme[1] ?? "")) {
    const equals = part.indexOf("=");
    if (equals > 0) params.set(part.slice(0, equals).trim().toLowerCase(), unquote(part.slice(equals + 1).trim()));
  }
  return params;
}

/** The `response` value of RFC 2617 with MD5, with qop `auth` when `params` has one, else as in RFC 2069. */
export function digestResponse(params: DigestParams, credentials: Credentials, method: string, uri: string): string {
  const { username, password } = credentials;
  const value = (name: string): string => params.get(name) ?? "";
  const secret = md5(`${username}:${value("realm")}:${password}`);
  const request = md5(`${method}:${uri}`);
  const middle = value("qop") === "" ? value("nonce") : [value("nonce"), value("nc"), value("cnonce"), value("qop")].join(":");
  return md5(`${secret}:${middle}:${request}`);
}

/**
 * Answers the MD5 challenge in a 401 or 407.
 *
 * @returns the header to add to the request sent again, or undefined when no challenge in it can be answered
 */
export function answerChallenge(
  response: SipResponse,
  request: SipRequest,
  credentials: Credentials,
  cnonce: string,
): readonly [name: string, value: string] | undefined {
  const proxy = response.status === 407;
  for (const header of response.headers.all(proxy ? "Proxy-Authenticate" : "WWW-Authenticate")) {
    const challenge = parseDigest(header);
    const nonce = challenge?.get("nonce");
    if (challenge === undefined || nonce === undefined) continue;
    const algorithm = challenge.get("algorithm");
    if (algorithm !== undefined && algorithm.toUpperCase() !== "MD5") continue;
    const offered = challenge.get("qop")?.split(",").map((option) => option.trim().toLowerCase());
    if (offered?.includes("auth") === false) continue;
    const params = new Map([["realm", challenge.get("realm") ?? ""], ["nonce", nonce]]);
    if (offered !== undefined) for (const [name, value] of [["qop", "auth"], ["nc", "00000001"], ["cnonce", cnonce]] as const) params.set(name, value);
    const quoted = [
      `username="${credentials.username}"`,
      `realm="${params.get("realm") ?? ""}"`,
      `nonce="${nonce}"`,
      `uri="${request.uri}"`,
      `response="${digestResponse(params, credentials, request.method, request.uri)}"`,
      ...(offered === undefined ? [] : [`cnonce="${cnonce}"`, "qop=auth", "nc=00000001"]),
      ...(algorithm === undefined ? [] : ["algorithm=MD5"]),
      ...(challenge.has("opaque") ? [`opaque="${challenge.get("opaque") ?? ""}"`] : []),
    ];
    return [proxy ? "Proxy-Authorization" : "Authorization", `Digest ${quoted.join(", ")}`];
  }
  return undefined;
}

/** Whether the Authorization header of a request answers a challenge with that realm and nonce; for registrars in tests. */
export function checkAuthorization(
  request: SipRequest,
  expected: { readonly realm: string; readonly nonce: string; readonly credentials: Credentials },
): boolean {
  const header = request.headers.get("Authorization") ?? request.headers.get("Proxy-Authorization");
  const params = header === undefined ? undefined : parseDigest(header);
  if (params === undefined) return false;
  const { realm, nonce, credentials } = expected;
  return (
    params.get("realm") === realm &&
    params.get("nonce") === nonce &&
    params.get("username") === credentials.username &&
    params.get("response") === digestResponse(params, credentials, request.method, params.get("uri") ?? "")
  );
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
