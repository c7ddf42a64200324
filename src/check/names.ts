import { isIP } from "node:net";
import type { Result } from "../result.js";
import { failure, success } from "../result.js";
import { faultCode } from "../network-fault.js";
import { type CheckTools, answerWithinMs } from "./check.js";

/** The addresses of a host, in the order of the system; an address is its own. The failure is a code of Node's. */
export async function addressesOf(host: string, { resolver, clock }: Pick<CheckTools, "resolver" | "clock">): Promise<Result<readonly [string, ...string[]], string>> {
  if (isIP(host) !== 0) return success([host]);
  return await new Promise((resolve) => {
    const callOff = clock.after(answerWithinMs, () => {
      resolve(failure("EAI_AGAIN"));
    });
    resolver.addresses(host).then(([first, ...more]) => {
      callOff();
      resolve(first === undefined ? failure("ENOTFOUND") : success([first, ...more]));
    }, (error: unknown) => {
      callOff();
      const code = faultCode(error);
      resolve(failure(code === "" ? "ENOTFOUND" : code));
    });
  });
}

/** `host:port`, as people read it. */
export function placeOf(host: string, port: number): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
