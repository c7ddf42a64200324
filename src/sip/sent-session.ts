/**
 * The session descriptions sent to the caller. The version in `o=` is incremented only when the description has changed,
 * because a peer may ignore a description with a known version (RFC 3264 section 8).
 */
export class SentSession {
  #rest: string | undefined;
  #version = 0n;

  /** @param isNew always increments the version: the description is an offer in response to a request without SDP */
  stamp(sdp: string, isNew = false): string {
    const [, start = "", version = "", end = ""] = /^(o=\S+ \S+ )(\d{1,19})( .*)$/m.exec(sdp) ?? [];
    if (version === "") return sdp;
    const rest = sdp.replace(/^o=.*$/m, "");
    if (this.#rest === undefined) this.#version = BigInt(version);
    else if (isNew || rest !== this.#rest) this.#version += 1n;
    this.#rest = rest;
    return sdp.replace(/^o=.*$/m, () => `${start}${this.#version}${end}`);
  }
}
