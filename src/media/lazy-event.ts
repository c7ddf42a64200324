import { detached } from "../util/detached.js";

/**
 * An event or a reply as FreeSWITCH sent it. A value is decoded when it is read: an event has about 150 headers (10 kB), of
 * which einwahl reads one or two.
 */
export class LazyEvent {
  readonly #head: string;
  readonly #body: string;

  /** @param head lines of names and percent-encoded values */
  constructor(head: string, body = "") {
    this.#head = head;
    this.#body = body;
  }

  /** The decoded value, `null` without such a header, as drachtio-fsmrf expects. */
  getHeader(name: string): string | null {
    const value = this.#value(name);
    return value === undefined ? null : decoded(value);
  }

  getBody(): string {
    return this.#body;
  }

  #value(name: string): string | undefined {
    const at = this.#head.startsWith(`${name}: `) ? 0 : this.#head.indexOf(`\n${name}: `) + 1;
    if (at === 0 && !this.#head.startsWith(`${name}: `)) return undefined;
    const from = at + name.length + 2;
    const end = this.#head.indexOf("\n", from);
    return this.#head.slice(from, end < 0 ? undefined : end);
  }
}

/**
 * Keeps a value with an escape that is not UTF-8: FreeSWITCH forwards `%E4` unchanged (switch_url_encode), for example from
 * a BBB server's SDP.
 */
function decoded(value: string): string {
  // A substring would keep the whole event in memory.
  if (!value.includes("%")) return detached(value);
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
