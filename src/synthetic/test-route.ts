import { isIP } from "node:net";
import { localAddressTowards } from "../probe/local-address.js";
import { type Result, failure, success } from "../result.js";
import type { Signalling } from "../sip/signalling.js";
import type { ListenAddress } from "../trunk/line.js";
import type { TestRoute } from "./synthetic-call.js";

/**
 * The way to drachtio's port for TLS; the failure says in one line what is missing.
 *
 * @param contact `undefined`: where drachtio says that it listens
 */
export async function findTestRoute({ addresses, state }: Pick<Signalling, "addresses" | "state">, contact: { readonly host: string; readonly port: number } | undefined): Promise<Result<TestRoute, string>> {
  if (state !== "connected") return failure("drachtio is not connected");
  const target = contact ?? chosenOf(addresses.filter(({ transport }) => transport === "tls"));
  if (target === undefined) return failure("drachtio listens on no tls address");
  const localAddress = await localAddressTowards(target.host);
  if (localAddress === undefined) return failure("there is no way to drachtio's tls address: see synthetic_call.contact");
  return success({ host: target.host, port: target.port, localAddress });
}

/** An address of IPv4 if there is one: the telephones speak nothing else. */
function chosenOf(addresses: readonly ListenAddress[]): ListenAddress | undefined {
  return addresses.find(({ host }) => isIP(host) === 4) ?? addresses[0];
}
