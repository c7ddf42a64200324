import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

import { error, type Finding, fine, warning } from "./check.js";
import type { TlsPeer } from "./tls-peer.js";

/** How the client of this connection verifies the certificate. */
export interface CertificateDemands {
  readonly path: string;
  /** The expected name; `undefined`: names are not compared. */
  readonly name: string | undefined;
  /** How names are compared. FreeSWITCH ignores wildcards and matches an address only as `URI:sip:192.0.2.1`. */
  readonly comparedBy: "freeswitch" | "web";
  /** The severity of a wrong name; default error. */
  readonly otherName?: "error" | "warning";
  /** The severity of an unknown CA, and the suggested fix. */
  readonly distrusted: { readonly severity: "error" | "warning"; readonly cure: string };
  /** The suggested fix for an expired or expiring certificate. */
  readonly renewal: string;
}

const dayMs = 86_400_000;
/** Let's Encrypt clients renew 30 days before expiry; below this threshold renewal has failed. */
const soonDays = 14;
const maxNames = 4;

/** All faults of a server's certificate; or one finding with its expiry date. */
export function judgeCertificate(
  { certificate, distrust }: Pick<TlsPeer, "certificate" | "distrust">,
  demands: CertificateDemands,
  nowMs: number,
): readonly Finding[] {
  const ofDates = ofTime(certificate, demands, nowMs);
  const faults = [
    ...ofDates,
    ...ofTrust(
      distrust,
      demands,
      ofDates.some(({ severity }) => severity === "error"),
    ),
    ...ofName(certificate, demands),
  ];
  return faults.length > 0
    ? faults
    : [fine(demands.path, `the certificate is valid until ${dayOf(certificate.validTo)}`)];
}

function ofTime(
  certificate: X509Certificate,
  { path, renewal }: CertificateDemands,
  nowMs: number,
): readonly Finding[] {
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (to <= nowMs) return [error(path, `the certificate expired on ${dayOf(certificate.validTo)}`, renewal)];
  if (from > nowMs)
    return [
      error(
        path,
        `the certificate is not valid before ${dayOf(certificate.validFrom)}`,
        "check the clock of this machine; if it is right, wait or create a new certificate",
      ),
    ];
  const days = Math.floor((to - nowMs) / dayMs);
  if (days < soonDays)
    return [
      warning(
        path,
        `the certificate expires in ${days === 1 ? "1 day" : `${days} days`}, on ${dayOf(certificate.validTo)}`,
        renewal,
      ),
    ];
  return [];
}

/** @param isOutOfTime whether the certificate's own dates are invalid, which is already reported */
function ofTrust(
  distrust: string | undefined,
  { path, distrusted: { severity, cure } }: CertificateDemands,
  isOutOfTime: boolean,
): readonly Finding[] {
  switch (distrust) {
    case undefined:
      return [];
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return isOutOfTime
        ? []
        : [
            {
              severity,
              path,
              message: `a CA certificate in the chain is expired or not yet valid (${distrust})`,
              cure,
            },
          ];
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return [{ severity, path, message: "the certificate is self-signed, not issued by a known CA", cure }];
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return [
        {
          severity,
          path,
          message: "the certificate's CA is unknown, or the server omits the intermediate certificate",
          cure,
        },
      ];
    default:
      return [{ severity, path, message: `the certificate is not trusted (${distrust})`, cure }];
  }
}

function ofName(
  certificate: X509Certificate,
  { path, name, comparedBy, otherName = "error" }: CertificateDemands,
): readonly Finding[] {
  if (name === undefined) return [];
  const names = namesOf(certificate);
  const isMatch = comparedBy === "freeswitch" ? names.includes(name.toLowerCase()) : matchesWeb(certificate, name);
  if (isMatch) return [];
  const told = `the certificate is for ${listOf(names)}, not for ${name}`;
  if (comparedBy === "freeswitch" && matchesWeb(certificate, name)) {
    const why =
      isIP(name) === 0
        ? "by a wildcard, and FreeSWITCH ignores wildcards"
        : "as an address, and FreeSWITCH compares names";
    return [
      error(
        path,
        `${told}, but ${why}`,
        "write a host name from the certificate, or set EINWAHL_FS_TLS_VERIFY_POLICY=out on the media servers",
      ),
    ];
  }
  return [
    {
      severity: otherName,
      path,
      message: told,
      cure: "write a host name from the certificate, or get a certificate for this host",
    },
  ];
}

function matchesWeb(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

/** The names that FreeSWITCH (sofia-sip) compares: DNS names, SIP URIs and the common name. */
function namesOf(certificate: X509Certificate): readonly string[] {
  const alternatives = (certificate.subjectAltName ?? "").split(", ").flatMap((entry) => {
    const [, name] = /^(?:DNS:|URI:sips?:)(.+)$/.exec(entry) ?? [];
    return name === undefined ? [] : [name];
  });
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  return [...new Set([...alternatives, ...(common === undefined ? [] : [common])].map((name) => name.toLowerCase()))];
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return "nobody";
  const shown = names
    .slice(0, maxNames)
    .map((name) => name.replace(/[^\w.*:-]/g, "?").slice(0, 80))
    .join(", ");
  return names.length > maxNames ? `${shown} and others` : shown;
}

function dayOf(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}
