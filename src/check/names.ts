import { isIP } from "node:net";

import { HostAddresses } from "../trunk/host-addresses.js";
import type { Result } from "../util/result.js";
import { failure, success } from "../util/result.js";
import { answerTimeoutMs, type CheckTools } from "./check.js";

/** The addresses of a host, IPv4 first; an IP address yields itself. The failure is a code from Node. */
export async function addressesOf(
  host: string,
  { resolver, clock }: Pick<CheckTools, "resolver" | "clock">,
): Promise<Result<readonly [string, ...string[]], string>> {
  if (isIP(host) !== 0) return success([host]);
  return await new Promise((resolve, reject) => {
    const callOff = clock.after(answerTimeoutMs, () => {
      resolve(failure("EAI_AGAIN"));
    });
    const name = new HostAddresses(host, resolver);
    name.resolve().then(({ fault }) => {
      callOff();
      const [first, ...more] = name.known;
      if (first !== undefined) resolve(success([first, ...more]));
      else resolve(failure(fault?.kind === "failed" ? "EAI_AGAIN" : "ENOTFOUND"));
    }, reject);
  });
}

/** `host:port` for messages. */
export function placeOf(host: string, port: number): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
