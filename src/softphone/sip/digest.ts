import {
  chooseChallenge,
  digestAuthorization,
  type DigestCredentials,
  type DigestParams,
  digestResponse,
  readDigests,
} from "../../util/digest.js";
import type { SipRequest, SipResponse } from "./message.js";

export type Credentials = DigestCredentials;

/** Reads `Digest realm="...", nonce="..."`; undefined for another scheme. */
export function parseDigest(header: string): DigestParams | undefined {
  return readDigests(header)[0];
}

/**
 * Answers the challenge in a 401 or 407.
 *
 * @returns the header for the repeated request, or undefined if no challenge can be answered
 */
export function answerChallenge(
  response: SipResponse,
  request: SipRequest,
  credentials: Credentials,
  cnonce: string,
): readonly [name: string, value: string] | undefined {
  const proxy = response.status === 407;
  const headers = response.headers.all(proxy ? "Proxy-Authenticate" : "WWW-Authenticate");
  const challenge = chooseChallenge(headers.join(","), credentials.realms);
  if (!challenge.ok) return undefined;
  return [
    proxy ? "Proxy-Authorization" : "Authorization",
    digestAuthorization(challenge.value, credentials, request, cnonce, 1),
  ];
}

/** Verifies the Authorization header of a request against a realm and nonce; for registrars in tests. */
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
