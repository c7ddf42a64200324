import { isIP } from "node:net";

import type { Language } from "../../caller/language.js";
import type { RegistrationConfig, TrunkConfig } from "../../config/config.js";
import type { DrachtioConnection } from "../../sip/drachtio-connection.js";
import { formatHostPort } from "../../softphone/sip/uri.js";
import type { DialOptions, TestPhoneOptions } from "../../softphone/test-phone.js";
import type { ListenAddress } from "../../trunk/families.js";
import { failure, type Result, success } from "../../util/result.js";
import { localAddressTowards } from "../local-address.js";
import type { Door } from "./synthetic-admission.js";

/** The outgoing route of the phones, and how their incoming calls are recognised. */
export interface TestRoute {
  readonly phone: TestPhoneOptions;
  readonly dial: DialOptions;
  readonly door: Door;
  /** The language of the greeting. */
  readonly language: Language;
}

export interface LocalRouteOptions {
  readonly signalling: Pick<DrachtioConnection, "addresses" | "state">;
  /** drachtio's address for the calls; `undefined`: the address that drachtio reports. */
  readonly contact: { readonly host: string; readonly port: number } | undefined;
  /** Random, and never disclosed. */
  readonly secret: string;
  readonly language: Language;
}

const userAgent = "einwahl synthetic call";

/** The direct route to drachtio's TLS port; the failure is one line. */
export async function localRoute({
  signalling,
  contact,
  secret,
  language,
}: LocalRouteOptions): Promise<Result<TestRoute, string>> {
  if (signalling.state !== "connected") return failure("drachtio is not connected");
  const target = contact ?? chosenOf(signalling.addresses.filter(({ transport }) => transport === "tls"));
  if (target === undefined) return failure("drachtio has no TLS listener");
  const localAddress = await localAddressTowards(target.host);
  if (localAddress === undefined) return failure("drachtio's TLS address is unreachable: set synthetic_call.contact");
  return success({
    // For the address that drachtio reports, its certificate contains another name.
    phone: { transport: "tls", localAddress, userAgent, tls: { verify: false } },
    dial: {
      uri: `sip:${secret}@${formatHostPort(target.host, target.port)};transport=tls`,
      nextHop: { transport: "tls", address: target.host, port: target.port },
      // RFC 3323 section 4.1.1.3
      number: "anonymous",
      fromHost: "anonymous.invalid",
      srtp: "mandatory",
    },
    door: { kind: "secret", user: secret, language },
    language,
  });
}

/** Prefers IPv4, the only family of the test phones. */
function chosenOf(addresses: readonly ListenAddress[]): ListenAddress | undefined {
  return addresses.find(({ host }) => isIP(host) === 4) ?? addresses[0];
}

/**
 * The route over the trunk to its first number, from the same number, so that the provider routes the call back.
 *
 * @param ownCa trusted CAs in PEM form, instead of the trunk's
 */
export async function trunkRoute(
  trunk: TrunkConfig,
  registration: RegistrationConfig,
  ownCa?: string,
): Promise<Result<TestRoute, string>> {
  const { registrar, domain, authUsername, password, realms, certificate } = registration;
  const { host, port, transport } = registrar;
  const [
    {
      number,
      languages: [language],
    },
  ] = trunk.numbers;
  const ca = ownCa ?? certificate.ca;
  const localAddress = await localAddressTowards(host);
  if (localAddress === undefined) return failure("the registrar of the trunk is unreachable");
  return success({
    phone: {
      transport,
      localAddress,
      userAgent,
      tls: {
        verify: true,
        ...(isIP(certificate.name) === 0 && { serverName: certificate.name }),
        ...(ca !== undefined && { ca }),
      },
    },
    dial: {
      uri: `sip:${number}@${domain};transport=${transport}`,
      nextHop: { transport, address: host, port },
      number,
      fromHost: domain,
      // RFC 3325 section 9.2: P-Preferred-Identity selects one of the customer's numbers.
      headers: [["P-Preferred-Identity", `<sip:${number}@${domain}>`]],
      srtp: trunk.srtp,
      auth: { username: authUsername, password: password.reveal(), realms },
    },
    door: { kind: "trunk", trunk: trunk.name, numbers: trunk.numbers.map((each) => each.number) },
    language,
  });
}
