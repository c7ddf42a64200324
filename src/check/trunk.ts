import { connect } from "node:net";

import type { RegistrationConfig, TrunkConfig } from "../config/config.js";
import { isNetworkAddress } from "../config/fields.js";
import { familiesFor, familiesOf, familyNames } from "../trunk/families.js";
import type { ListenAddress } from "../trunk/listen-address.js";
import { type RegistrarFault, RegistrarHost, type Target } from "../trunk/registrar-host.js";
import { ByteStream } from "../util/byte-stream.js";
import { judgeCertificate } from "./certificate.js";
import { answerTimeoutMs, type Check, type CheckTools } from "./check.js";
import type { DrachtioLogin } from "./drachtio-greeting.js";
import { error, type Finding, fine } from "./finding.js";
import { addressesOf, placeOf } from "./names.js";
import { meetTlsPeer } from "./tls-peer.js";
import { unreachable } from "./unreachable.js";

/** As many as einwahl itself tries. */
const maxTargets = 8;

const familyCure =
  "give drachtio a contact with an address of that family as well (EINWAHL_LOCAL_ADDRESS, or drachtio.conf.xml), or ask the provider for addresses of the other one";

const targetCures: Readonly<Record<RegistrarFault["kind"], string>> = {
  unresolved: "write the registrar as the provider names it, and see whether DNS works on this machine",
  "not-offered":
    "ask the provider for the name and transport of its registrar; with a port in the settings DNS is not asked for SRV records",
  family: familyCure,
};

/**
 * A trunk, without a request to the provider: its names in DNS, whether the registrar's port is open, and the certificate
 * there. A REGISTER would take the calls away from the einwahl that runs.
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
            "calls from there are not let in: write the name that DNS has, or the provider's addresses",
          ),
        ],
  );
  // A trunk that registers is called over its own connection, whose address is the registrar's.
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
      `calls come from ${familyNames(families)} addresses only, and drachtio listens only on ${familyNames([...met])}`,
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
  // Another check names a drachtio that can't be asked, or does not listen with that transport.
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
      return [fine(path, `${placeOf(host, target.port)} takes connections`)];
    }
    case "udp":
      return [
        fine(path, `${placeOf(host, port)} resolves; whether anybody answers there over UDP shows when it registers`),
      ];
  }
}

/** Verifies as einwahl does, which registers at the first address that it trusts: `--ca` does not count here. */
async function ofTls(
  path: string,
  targets: readonly Target[],
  { name, ca }: RegistrationConfig["certificate"],
  tools: CheckTools,
): Promise<readonly Finding[]> {
  const found = await Promise.all(targets.map((target) => ofTarget(path, target, { name, ca }, tools)));
  const isTrusted = (findings: readonly Finding[]): boolean => findings.every(({ severity }) => severity !== "error");
  if (!found.some(isTrusted)) return found[0] ?? [];
  // Others of its addresses are passed over, and calls get through.
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
        cure: "einwahl does not register there; if it is the provider's own authority, name its file: ca of the trunk",
      },
      renewal: "the provider has to renew it; is the clock of this machine right?",
    },
    tools.epochMs(),
  );
}

function shutOut(path: string, host: string, { port }: Target, code: string): Finding {
  return error(
    path,
    unreachable(placeOf(host, port), code),
    `let this machine out to port ${port}, and compare host, port and transport with what the provider says`,
  );
}
