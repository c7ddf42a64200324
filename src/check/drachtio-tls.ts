import type { Config } from "../config/config.js";
import type { DrachtioGreeting } from "../sip/drachtio-login.js";
import { judgeCertificate } from "./certificate.js";
import type { CheckTools } from "./check.js";
import { error, type Finding, fine, warning } from "./finding.js";
import { placeOf } from "./names.js";
import { meetTlsPeer, type TlsPeer } from "./tls-peer.js";
import { unreachable } from "./unreachable.js";

/** A server that wants a certificate says so after the handshake (TLS 1.3), within one round trip. */
const alertTimeoutMs = 1_000;

/** drachtio's port for SIP over TLS, as one address of it was met. */
interface Port {
  readonly place: string;
  /** A code of Node's or OpenSSL's where there was no handshake. */
  readonly peer: Pick<TlsPeer, "certificate" | "distrust"> | string;
  /** Whether it closes connections without a certificate; `undefined`: it could not be seen. */
  readonly wantsCertificates: boolean | undefined;
}

type Settings = Pick<Config, "trunks" | "syntheticCall">;

/** The certificate that trunks see at drachtio, and what drachtio itself verifies. */
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
        `drachtio listens nowhere with TLS, and calls of ${callers === "" ? registering : callers} come in over nothing else`,
        "add a contact sips:...:5061;transport=tls and a tls element to drachtio.conf.xml",
      ),
    ];
  }
  const ports = await Promise.all(encrypted.map(({ host, port }) => meet(host.replace(/^\[|\]$/g, ""), port, tools)));
  return [
    // Only a trunk that connects to us sees our certificate: over one that registers calls come in by our own connection.
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
  return fault === "no answer in time" ? false : undefined;
}

function ofCertificate({ place, peer }: Port, tools: CheckTools): readonly Finding[] {
  if (typeof peer === "string")
    return [
      error(
        "drachtio",
        unreachable(`SIP over TLS on ${place}`, peer),
        "look at the tls element in drachtio.conf.xml and at drachtio's log: can it read key and certificate?",
      ),
    ];
  return judgeCertificate(
    peer,
    {
      path: "drachtio",
      // The provider's name for this host is not ours to know.
      name: undefined,
      comparedBy: "web",
      distrusted: {
        severity: "warning",
        cure: "a provider that verifies it won't send calls: get one from a known authority, or name yours with --ca FILE if the provider knows it",
      },
      renewal: "put a new one where the tls element of drachtio.conf.xml looks, and restart drachtio",
    },
    tools.epochMs(),
  );
}

/** DRACHTIO_TLS_VERIFY_CLIENT_CERT sets both: chains of those whom drachtio calls, and of those who connect to it. */
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
            "whether drachtio verifies certificates could not be seen from here; einwahl verifies the registrar's before each REGISTER",
          ),
        ];
  if (seen.includes(false)) {
    return registering === ""
      ? []
      : [
          warning(
            "drachtio",
            `drachtio verifies no certificate: its own connection to the registrar of ${registering} could be somebody else's`,
            "set EINWAHL_TRUNK_CA to the registrar's authority (docs/operations.md says what that costs); einwahl verifies chain and name before each REGISTER, but on a connection of its own",
          ),
        ];
  }
  const { syntheticCall } = config;
  return [
    fine(
      "drachtio",
      `drachtio verifies chains (EINWAHL_TRUNK_CA), and no names: einwahl verifies the registrar's name before each REGISTER. It wants a certificate of everybody who connects, also of einwahl call`,
    ),
    ...(callers === ""
      ? []
      : [
          warning(
            "drachtio",
            `drachtio wants a certificate of everybody who connects, so that the provider of ${callers} must show one of that authority`,
            "for a trunk that does not register, unset EINWAHL_TRUNK_CA (DRACHTIO_TLS_VERIFY_CLIENT_CERT)",
          ),
        ]),
    ...(syntheticCall !== undefined && syntheticCall.trunk === undefined
      ? [
          warning(
            "synthetic_call",
            "drachtio refuses these calls: it wants a certificate of everybody who connects (EINWAHL_TRUNK_CA)",
            "let them go over the trunk (synthetic_call.trunk), or turn them off",
          ),
        ]
      : []),
  ];
}
