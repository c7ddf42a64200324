import { connect } from "node:net";

import type { RegistrationConfig, TrunkConfig } from "../config/config.js";
import { isNetworkAddress } from "../config/fields.js";
import { familiesFor, familiesOf, familyNames, type ListenAddress } from "../trunk/families.js";
import { type RegistrarFault, RegistrarHost, type Target } from "../trunk/registrar-host.js";
import { ByteStream } from "../util/byte-stream.js";
import { judgeCertificate } from "./certificate.js";
import { answerTimeoutMs, type Check, type CheckTools, error, type Finding, fine, unreachable } from "./check.js";
import type { DrachtioLogin } from "./drachtio-greeting.js";
import { addressesOf, placeOf } from "./names.js";
import { meetTlsPeer } from "./tls-peer.js";

/** The same limit as for registrations. */
const maxTargets = 8;

const familyCure =
  "add a contact of that address family to drachtio (EINWAHL_LOCAL_ADDRESS, or drachtio.conf.xml), or ask the provider for addresses of the other family";

const targetCures: Readonly<Record<RegistrarFault["kind"], string>> = {
  unresolved: "copy the registrar's name from the provider's documentation, and check DNS on this machine",
  "not-offered":
    "ask the provider for the registrar's name and transport; with a port in the settings no SRV lookup is made",
  family: familyCure,
};

/**
 * Checks a trunk without a SIP request to the provider: DNS names, the registrar's port, and its
 * certificate. A REGISTER would redirect the running einwahl's calls.
 */
export function trunkCheck(
  index: number,
  trunk: TrunkConfig,
  drachtio: Pick<DrachtioLogin, "greeting">,
  tools: CheckTools,
): Check {
  const path = `trunks[${index}]`;
  return {
    path,
    run: async () => {
      const { registration } = trunk;
      const greeting = await drachtio.greeting();
      const listening = greeting.ok ? greeting.value.addresses : [];
      const [sources, registrar] = await Promise.all([
        ofSources(path, trunk, listening, tools),
        registration === undefined ? [] : ofRegistrar(`${path}.registrar`, registration, listening, tools),
      ]);
      return [...registrar, ...sources];
    },
  };
}

async function ofSources(
  path: string,
  { sources, registration, signalling }: TrunkConfig,
  listening: readonly ListenAddress[],
  tools: CheckTools,
): Promise<readonly Finding[]> {
  const names = sources.filter((source) => !isNetworkAddress(source) && source !== registration?.registrar.host);
  const found = await Promise.all(names.map(async (name) => ({ name, addresses: await addressesOf(name, tools) })));
  const unresolved = found.flatMap(({ name, addresses }) =>
    addresses.ok
      ? []
      : [
          error(
            `${path}.sources`,
            unreachable(name, addresses.failure),
            "write a name that DNS resolves, or the provider's addresses: calls from there are refused",
          ),
        ],
  );
  // Calls of a registering trunk arrive over its own connection from the registrar's address.
  if (registration !== undefined || unresolved.length > 0) return unresolved;
  const addresses = [
    ...sources.filter(isNetworkAddress).map((source) => source.replace(/\/.*/, "")),
    ...found.flatMap((each) => (each.addresses.ok ? each.addresses.value : [])),
  ];
  const met = new Set(
    (["tls", "tcp", "udp"] as const)
      .filter((transport) => signalling === "any" || transport === "tls")
      .flatMap((transport) => familiesFor(transport, listening)),
  );
  const families = familiesOf(addresses);
  if (met.size === 0 || families.some((family) => met.has(family))) return [];
  return [
    error(
      `${path}.sources`,
      `calls come only from ${familyNames(families)} addresses, but drachtio listens only on ${familyNames([...met])}`,
      familyCure,
    ),
  ];
}

async function ofRegistrar(
  path: string,
  { registrar, certificate }: RegistrationConfig,
  listening: readonly ListenAddress[],
  tools: CheckTools,
): Promise<readonly Finding[]> {
  const { host, port, transport } = registrar;
  const known = new RegistrarHost(registrar, tools.resolver, tools.clock, {
    onFault: () => undefined,
    onChange: () => undefined,
  });
  const families = familiesFor(transport, listening);
  // Another check reports a drachtio that does not respond or lacks a listener for that transport.
  if (families.length > 0) known.setListenFamilies(families);
  const targets = await known.targets();
  const [target] = targets;
  known.close();
  if (target === undefined) return [error(path, `${host}: ${known.fault.why}`, targetCures[known.fault.kind])];
  switch (transport) {
    case "tls":
      return await ofTls(path, targets.slice(0, maxTargets), certificate, tools);
    case "tcp": {
      const stream = await ByteStream.connect(
        connect({ host: target.address, port: target.port }),
        "connect",
        tools.clock,
        answerTimeoutMs,
      );
      if (!stream.ok) return [shutOut(path, host, target, stream.failure)];
      stream.value.close();
      return [fine(path, `${placeOf(host, target.port)} accepts connections`)];
    }
    case "udp":
      return [
        fine(
          path,
          `${placeOf(host, port)} resolves; over UDP only a registration shows whether the registrar responds`,
        ),
      ];
  }
}

/** Verifies like a registration, which uses the first trusted address; `--ca` does not apply here. */
async function ofTls(
  path: string,
  targets: readonly Target[],
  { name, ca }: RegistrationConfig["certificate"],
  tools: CheckTools,
): Promise<readonly Finding[]> {
  const found = await Promise.all(targets.map((target) => ofTarget(path, target, { name, ca }, tools)));
  const isTrusted = (findings: readonly Finding[]): boolean => findings.every(({ severity }) => severity !== "error");
  if (!found.some(isTrusted)) return found[0] ?? [];
  // Registration skips untrusted addresses, so calls still work.
  return [
    ...new Map(
      found
        .flat()
        .map((finding) => (finding.severity === "error" ? { ...finding, severity: "warning" as const } : finding))
        .map((finding) => [finding.message, finding]),
    ).values(),
  ];
}

async function ofTarget(
  path: string,
  target: Target,
  { name, ca }: RegistrationConfig["certificate"],
  tools: CheckTools,
): Promise<readonly Finding[]> {
  const peer = await meetTlsPeer({ address: target.address, port: target.port, name, authorities: ca }, tools.clock);
  if (!peer.ok) return [shutOut(path, target.address, target, peer.failure)];
  peer.value.stream.close();
  return judgeCertificate(
    peer.value,
    {
      path,
      name,
      comparedBy: "web",
      distrusted: {
        severity: "error",
        cure: "set the trunk's ca to the provider's CA file if it is a private CA; einwahl does not register with an untrusted certificate",
      },
      renewal: "check the clock of this machine; if it is right, the provider must renew the certificate",
    },
    tools.epochMs(),
  );
}

function shutOut(path: string, host: string, { port }: Target, code: string): Finding {
  return error(
    path,
    unreachable(placeOf(host, port), code),
    `allow outgoing connections to port ${port} in the firewall, and compare host, port and transport with the provider's documentation`,
  );
}
