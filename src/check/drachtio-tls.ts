import type { Config } from "../config/config.js";
import type { DrachtioGreeting } from "../sip/drachtio-login.js";
import { readTimedOut } from "../util/byte-stream.js";
import { judgeCertificate } from "./certificate.js";
import { type CheckTools, error, type Finding, fine, unreachable, warning } from "./check.js";
import { placeOf } from "./names.js";
import { meetTlsPeer, type TlsPeer } from "./tls-peer.js";

/** In TLS 1.3 a server rejects a missing client certificate after the handshake, within one round trip. */
const alertTimeoutMs = 1_000;

/** drachtio's port for SIP over TLS at one address, as observed. */
interface Port {
  readonly place: string;
  /** The code from Node or OpenSSL if the handshake failed. */
  readonly peer: Pick<TlsPeer, "certificate" | "distrust"> | string;
  /** Whether it closes connections without a client certificate; `undefined`: unknown. */
  readonly wantsCertificates: boolean | undefined;
}

type Settings = Pick<Config, "trunks" | "syntheticCall">;

/** Checks the certificate that drachtio presents to trunks, and drachtio's own verification. */
export async function drachtioTlsFindings(
  config: Settings,
  { addresses }: DrachtioGreeting,
  tools: CheckTools,
): Promise<readonly Finding[]> {
  const overTls = config.trunks.filter(({ registration, signalling }) =>
    registration === undefined ? signalling === "tls" : registration.registrar.transport === "tls",
  );
  const callers = namesOf(overTls.filter(({ registration }) => registration === undefined));
  const registering = namesOf(overTls.filter(({ registration }) => registration !== undefined));
  const encrypted = addresses.filter(({ transport }) => transport === "tls");
  if (overTls.length === 0) return [];
  if (encrypted.length === 0) {
    return [
      error(
        "drachtio",
        `drachtio has no TLS listener, but calls of ${callers === "" ? registering : callers} arrive only over TLS`,
        "add a contact sips:...:5061;transport=tls and a tls element to drachtio.conf.xml",
      ),
    ];
  }
  const ports = await Promise.all(encrypted.map(({ host, port }) => meet(host.replace(/^\[|\]$/g, ""), port, tools)));
  return [
    // Only trunks that connect to drachtio see its certificate; registering trunks use drachtio's outgoing connection.
    ...(callers === "" ? [] : ports.flatMap((port) => ofCertificate(port, tools))),
    ...ofVerification(ports, { callers, registering, config }),
  ];
}

function namesOf(trunks: Config["trunks"][number][]): string {
  return trunks.map(({ name }) => name).join(", ");
}

async function meet(host: string, port: number, tools: CheckTools): Promise<Port> {
  const place = placeOf(host, port);
  const peer = await meetTlsPeer({ address: host, port, name: host, authorities: tools.authorities }, tools.clock);
  if (!peer.ok) return { place, peer: peer.failure, wantsCertificates: undefined };
  const { stream, certificate, distrust } = peer.value;
  const silence = await stream.read(() => undefined, alertTimeoutMs);
  stream.close();
  return {
    place,
    peer: { certificate, distrust },
    wantsCertificates: wantsCertificates(silence.ok ? "" : silence.failure),
  };
}

function wantsCertificates(fault: string): boolean | undefined {
  if (fault.endsWith("CERTIFICATE_REQUIRED")) return true;
  return fault === readTimedOut ? false : undefined;
}

function ofCertificate({ place, peer }: Port, tools: CheckTools): readonly Finding[] {
  if (typeof peer === "string")
    return [
      error(
        "drachtio",
        unreachable(`SIP over TLS on ${place}`, peer),
        "check the tls element in drachtio.conf.xml, and in drachtio's log whether it can read key and certificate",
      ),
    ];
  return judgeCertificate(
    peer,
    {
      path: "drachtio",
      // The provider's name for this host is unknown.
      name: undefined,
      comparedBy: "web",
      distrusted: {
        severity: "warning",
        cure: "get a certificate from a public CA, or add your CA with --ca FILE if the provider trusts it: a provider that verifies the certificate won't send calls",
      },
      renewal: "replace the file named in the tls element of drachtio.conf.xml, and restart drachtio",
    },
    tools.epochMs(),
  );
}

/** DRACHTIO_TLS_VERIFY_CLIENT_CERT applies to both directions: servers that drachtio connects to, and clients that connect to it. */
function ofVerification(
  ports: readonly Port[],
  {
    callers,
    registering,
    config,
  }: { readonly callers: string; readonly registering: string; readonly config: Settings },
): readonly Finding[] {
  const seen = ports.map((port) => port.wantsCertificates).filter((wants) => wants !== undefined);
  if (seen.length === 0)
    return registering === ""
      ? []
      : [
          fine(
            "drachtio",
            "this machine can't determine whether drachtio verifies certificates; einwahl verifies the registrar's before each REGISTER",
          ),
        ];
  if (seen.includes(false)) {
    return registering === ""
      ? []
      : [
          warning(
            "drachtio",
            `drachtio verifies no certificates: its connection to the registrar of ${registering} could be intercepted`,
            "set EINWAHL_TRUNK_CA to the registrar's CA (side effects: docs/operations.md); einwahl verifies chain and name before each REGISTER, but on a separate connection",
          ),
        ];
  }
  const { syntheticCall } = config;
  return [
    fine(
      "drachtio",
      `drachtio verifies chains (EINWAHL_TRUNK_CA) but not names; einwahl verifies the registrar's name before each REGISTER. drachtio requires a certificate from every client, including einwahl call`,
    ),
    ...(callers === ""
      ? []
      : [
          warning(
            "drachtio",
            `drachtio requires a certificate from every client, so the provider of ${callers} must present one from that CA`,
            "unset EINWAHL_TRUNK_CA (DRACHTIO_TLS_VERIFY_CLIENT_CERT) for a trunk that does not register",
          ),
        ]),
    ...(syntheticCall !== undefined && syntheticCall.trunk === undefined
      ? [
          warning(
            "synthetic_call",
            "drachtio refuses synthetic calls: it requires a certificate from every client (EINWAHL_TRUNK_CA)",
            "route them over a trunk (synthetic_call.trunk), or disable them",
          ),
        ]
      : []),
  ];
}
