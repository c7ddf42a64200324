import type { SipAddress } from "../../softphone/sip/flow.js";
import { formatHostPort } from "../../softphone/sip/uri.js";

const replaced = new Set(["from", "to", "contact", "p-asserted-identity"]);

/** drachtio-server replaces an application's `@localhost` by its own address in the headers that name parties. */
export function replaceLocalhost(name: string, value: string, local: Pick<SipAddress, "address" | "port">): string {
  if (!replaced.has(name.toLowerCase())) return value;
  return value.replace(/@localhost(?::\d+)?/, `@${formatHostPort(local.address, local.port)}`);
}
