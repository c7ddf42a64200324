/**
 * The session descriptions that go to the caller. The version in `o=` is raised when something has changed, and stays when nothing
 * has: a peer may skip a description whose version it knows (RFC 3264 section 8).
 */
export class SentSession {
  #rest: string | undefined;
  #version = 0n;

  /** @param isNew raises the version in any case: the description is an offer to a caller without one of its own */
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
