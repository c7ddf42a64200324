/**
 * The session descriptions sent to the caller. The origin stays the first one, also if another media server has made the
 * description. Only its version is incremented, and only when the description has changed, because a peer may ignore a
 * description with a known version (RFC 3264 section 8).
 */
export class SentSession {
  #rest: string | undefined;
  /** `o=` up to the version. */
  #start: string | undefined;
  /** `o=` after the version: the address of the first media server. Another process does not know it. */
  #end: string | undefined;
  #version = 0n;

  /** `o=` with the last version, without the address; "" before the first description. */
  get origin(): string {
    return this.#start === undefined ? "" : `${this.#start}${this.#version}`;
  }

  /** Continues the session of another process. @param origin as read from its `origin` */
  resume(origin: string): void {
    const [, start, version = "0"] = /^(o=\S+ \S+ )(\d{1,19})$/.exec(origin) ?? [];
    this.#start = start;
    this.#version = BigInt(version);
  }

  /** @param isNew always increments the version: the description is an offer in response to a request without SDP */
  stamp(sdp: string, isNew = false): string {
    const [, start = "", version = "", end = ""] = /^(o=\S+ \S+ )(\d{1,19})( .*)$/m.exec(sdp) ?? [];
    if (version === "") return sdp;
    const rest = sdp.replace(/^o=.*$/m, "");
    if (this.#start === undefined) {
      this.#start = start;
      this.#version = BigInt(version);
    } else if (isNew || rest !== this.#rest) {
      this.#version += 1n;
    }
    this.#rest = rest;
    this.#end ??= end;
    const origin = `${this.origin}${this.#end}`;
    return sdp.replace(/^o=.*$/m, () => origin);
  }
}
