import { BlockList, isIP } from "node:net";

/** Addresses and networks (CIDR). */
export class AddressList {
  readonly #list = new BlockList();

  constructor(entries: readonly string[] = []) {
    for (const entry of entries) this.add(entry);
  }

  /** Returns false for text that is neither an address nor a network. */
  add(entry: string): boolean {
    const [address = "", prefix] = entry.split("/", 2);
    const family = familyOf(address);
    if (family === undefined) return false;
    if (prefix === undefined) this.#list.addAddress(address, family);
    else this.#list.addSubnet(address, Number(prefix), family);
    return true;
  }

  has(address: string): boolean {
    const family = familyOf(address);
    return family !== undefined && this.#list.check(address, family);
  }
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  switch (isIP(address)) {
    case 4:
      return "ipv4";
    case 6:
      return "ipv6";
    default:
      return undefined;
  }
}

/** An address in comparable form: IPv6 without brackets, IPv4-mapped IPv6 as IPv4. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/^\[|\]$/g, "");
}
