import { isIP } from "node:net";

import { HostAddresses } from "../trunk/host-addresses.js";
import type { Result } from "../util/result.js";
import { failure, success } from "../util/result.js";
import { within } from "../util/wait.js";
import { answerTimeoutMs, type CheckTools } from "./check.js";

/** The addresses of a host, IPv4 first; an IP address yields itself. The failure is a code from Node. */
export async function addressesOf(
  host: string,
  { resolver, clock }: Pick<CheckTools, "resolver" | "clock">,
): Promise<Result<readonly [string, ...string[]], string>> {
  if (isIP(host) !== 0) return success([host]);
  const name = new HostAddresses(host, resolver);
  const resolved = await within(clock, answerTimeoutMs, name.resolve());
  if (resolved === undefined) return failure("EAI_AGAIN");
  const [first, ...more] = name.known;
  if (first !== undefined) return success([first, ...more]);
  return failure(resolved.fault?.kind === "failed" ? "EAI_AGAIN" : "ENOTFOUND");
}

/** `host:port` for messages. */
export function placeOf(host: string, port: number): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
