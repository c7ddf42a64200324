import { isIP } from "node:net";

import type { Config } from "../../config/config.js";
import { logInToDrachtio } from "../../sip/drachtio-login.js";
import { formatHostPort } from "../../softphone/sip/uri.js";
import type { ListenAddress } from "../../trunk/families.js";
import type { Clock } from "../../util/clock.js";
import { isThisMachine } from "../../util/own-address.js";

const answerTimeoutMs = 5_000;

/**
 * The HOST:PORT of this configuration's drachtio, as drachtio reports it, because it may listen on one address of
 * its machine and not on loopback. `undefined`: drachtio does not respond, or has no listener for this transport.
 */
export async function ownServer(
  { drachtio: { host, port, secret } }: Pick<Config, "drachtio">,
  transport: string,
  clock: Clock,
): Promise<string | undefined> {
  const greeting = await logInToDrachtio({ host, port, secret: secret.reveal() }, clock, answerTimeoutMs);
  if (!greeting.ok) return undefined;
  const chosen = chooseAddress(greeting.value.addresses.filter((address) => address.transport === transport));
  return chosen === undefined ? undefined : formatHostPort(chosen.host, chosen.port);
}

/** Prefers loopback, then addresses of this machine. IPv4 only, because the test phone has no IPv6. */
export function chooseAddress(addresses: readonly ListenAddress[]): ListenAddress | undefined {
  const usable = addresses.filter(({ host }) => isIP(host) === 4);
  return (
    usable.find(({ host }) => host.startsWith("127.")) ?? usable.find(({ host }) => isThisMachine(host)) ?? usable[0]
  );
}
