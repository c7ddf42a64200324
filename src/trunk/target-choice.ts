import type { RegistrarHost, Target } from "./registrar-host.js";

/**
 * The address of a registrar for one trunk. It stays with the one that has answered, for only that server may know the
 * challenge that it has made; where nobody answers it goes on to the next (RFC 3263 section 4.3).
 */
export class TargetChoice {
  readonly #host: Pick<RegistrarHost, "targets" | "has">;
  #current: Target | undefined;
  /** Addresses at which nobody has answered since somebody did somewhere. */
  readonly #silent = new Set<string>();

  constructor(host: Pick<RegistrarHost, "targets" | "has">) {
    this.#host = host;
  }

  /** The one that was tried last; `undefined` before the first. */
  get current(): Target | undefined {
    return this.#current;
  }

  /** Whether the name does not lead to the current address any more. */
  get hasMoved(): boolean {
    return this.#current !== undefined && !this.#host.has(this.#current);
  }

  /** The one to try now; `undefined`: the name leads nowhere. */
  async next(): Promise<Target | undefined> {
    const targets = await this.#host.targets();
    const mayAnswer = targets.filter((target) => !this.#silent.has(keyOf(target)));
    if (mayAnswer.length === 0) this.#silent.clear();
    const [first] = mayAnswer.length === 0 ? targets : mayAnswer;
    const current = this.#current;
    this.#current = mayAnswer.find((target) => current !== undefined && keyOf(target) === keyOf(current)) ?? first;
    return this.#current;
  }

  answered(): void {
    this.#silent.clear();
  }

  wasSilent(): void {
    if (this.#current !== undefined) this.#silent.add(keyOf(this.#current));
  }
}

function keyOf({ address, port }: Target): string {
  return `${address} ${port}`;
}
