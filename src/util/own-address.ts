import { isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** Whether a host (an address or `localhost`) is this machine, so that traffic to it stays local. */
export function isThisMachine(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, "");
  if (plain === "localhost" || plain === "::1" || (isIP(plain) === 4 && plain.startsWith("127."))) return true;
  return Object.values(networkInterfaces()).some(
    (addresses) => addresses?.some(({ address }) => address === plain) === true,
  );
}
