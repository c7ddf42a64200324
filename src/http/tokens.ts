import { createHash, timingSafeEqual } from "node:crypto";

import type { Scope, TokenConfig } from "../config/config.js";

export interface Token {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

interface KnownToken extends Token {
  readonly hash: Buffer;
}

/** The tokens of the front ends; einwahl stores only their hashes. */
export class Tokens {
  readonly #known: readonly KnownToken[];

  constructor(tokens: readonly TokenConfig[]) {
    this.#known = tokens.map(({ name, sha256, scopes }) => ({
      name,
      scopes: new Set(scopes),
      hash: Buffer.from(sha256, "hex"),
    }));
  }

  get areThereAny(): boolean {
    return this.#known.length > 0;
  }

  /** Compares with every token, so that the time does not depend on which one matches. */
  find(text: string): Token | undefined {
    const hash = createHash("sha256").update(text).digest();
    let found: Token | undefined;
    for (const token of this.#known) {
      if (timingSafeEqual(hash, token.hash)) found = token;
    }
    return found;
  }
}

/** The password of an `Authorization: Basic` header (RFC 7617), "" for any other header; the user name does not matter. */
export function basicPassword(header: string): string {
  const encoded = /^Basic +([A-Za-z0-9+/]{1,1024}={0,2})$/i.exec(header.trim())?.[1] ?? "";
  return /^[^:]*:([\x21-\x7e]{1,512})$/.exec(Buffer.from(encoded, "base64").toString("utf8"))?.[1] ?? "";
}

/** The token of an `Authorization: Bearer` header (RFC 6750 section 2.1), "" for any other header. */
export function bearerToken(header: string): string {
  return /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header.trim())?.[1] ?? "";
}
