import { isIP } from "node:net";

import type { Config } from "../../config/config.js";
import { logInToDrachtio } from "../../sip/drachtio-login.js";
import { formatHostPort } from "../../softphone/sip/uri.js";
import type { ListenAddress } from "../../trunk/listen-address.js";
import type { Clock } from "../../util/clock.js";
import { isThisMachine } from "../../util/own-address.js";

const answerTimeoutMs = 5_000;

/**
 * Where drachtio of this configuration takes calls, as HOST:PORT: as it says itself, since it may listen on one address of
 * its machine and not on loopback. `undefined`: it can't be asked, or takes none over this transport.
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

/** Loopback if there is one, else an address of this machine, else any; of IPv4, which is all that the test telephone speaks. */
export function chooseAddress(addresses: readonly ListenAddress[]): ListenAddress | undefined {
  const usable = addresses.filter(({ host }) => isIP(host) === 4);
  return (
    usable.find(({ host }) => host.startsWith("127.")) ?? usable.find(({ host }) => isThisMachine(host)) ?? usable[0]
  );
}
