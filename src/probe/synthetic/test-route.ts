import { isIP } from "node:net";

import type { Language } from "../../caller/language.js";
import type { RegistrationConfig, TrunkConfig } from "../../config/config.js";
import type { DrachtioConnection } from "../../sip/drachtio-connection.js";
import { formatHostPort } from "../../softphone/sip/uri.js";
import type { DialOptions, TestPhoneOptions } from "../../softphone/test-phone.js";
import type { ListenAddress } from "../../trunk/listen-address.js";
import { failure, type Result, success } from "../../util/result.js";
import { localAddressTowards } from "../local-address.js";
import type { Door } from "./synthetic-admission.js";

/** How the telephones call, and what their calls are known by when they come in. */
export interface TestRoute {
  readonly phone: TestPhoneOptions;
  readonly dial: DialOptions;
  readonly door: Door;
  /** In which they are greeted. */
  readonly language: Language;
}

export interface LocalRouteOptions {
  readonly signalling: Pick<DrachtioConnection, "addresses" | "state">;
  /** Where drachtio takes the calls; `undefined`: where it says that it listens. */
  readonly contact: { readonly host: string; readonly port: number } | undefined;
  /** Nobody else's. */
  readonly secret: string;
  readonly language: Language;
}

const userAgent = "einwahl synthetic call";

/** Straight to drachtio's port for TLS; the failure says in one line what is missing. */
export async function localRoute({
  signalling,
  contact,
  secret,
  language,
}: LocalRouteOptions): Promise<Result<TestRoute, string>> {
  if (signalling.state !== "connected") return failure("drachtio is not connected");
  const target = contact ?? chosenOf(signalling.addresses.filter(({ transport }) => transport === "tls"));
  if (target === undefined) return failure("drachtio listens on no tls address");
  const localAddress = await localAddressTowards(target.host);
  if (localAddress === undefined)
    return failure("there is no way to drachtio's tls address: see synthetic_call.contact");
  return success({
    // To the address that drachtio itself has told, where its certificate is for another name.
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

/** An address of IPv4 if there is one: the telephones speak nothing else. */
function chosenOf(addresses: readonly ListenAddress[]): ListenAddress | undefined {
  return addresses.find(({ host }) => isIP(host) === 4) ?? addresses[0];
}

/**
 * Out over the trunk to its first number, from the same number, so that the provider brings the call in again.
 *
 * @param ownCa authorities to trust, in PEM form, instead of the trunk's
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
  if (localAddress === undefined) return failure("there is no way to the registrar of the trunk");
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
      // RFC 3325 section 9.2: which of the customer's numbers it is.
      headers: [["P-Preferred-Identity", `<sip:${number}@${domain}>`]],
      srtp: trunk.srtp,
      auth: { username: authUsername, password: password.reveal(), realms },
    },
    door: { kind: "trunk", trunk: trunk.name, numbers: trunk.numbers.map((each) => each.number) },
    language,
  });
}
