import "reflect-metadata";

import { webcrypto } from "node:crypto";

import * as x509 from "@peculiar/x509";

/** A certification authority and a server certificate that it signed, all PEM. */
export interface Certificates {
  /** What a client must trust. */
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;

export interface CertificateOptions {
  /** Validity of the server's certificate, in days from now; default: from a minute ago, for 30 days. */
  readonly fromDays?: number;
  readonly toDays?: number;
  /** DNS names and IP addresses of the certificate. Default: `localhost`, 127.0.0.1, ::1 and the URI that FreeSWITCH compares. */
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  /** IP addresses beside the default names. */
  readonly moreAddresses?: readonly string[];
}

/**
 * Creates a new authority and a certificate for `localhost`, 127.0.0.1 and ::1, valid for a month: the demo and the tests
 * verify TLS as in production, and the repository contains no private key.
 */
export async function makeCertificates({
  fromDays = -1 / 1_440,
  toDays = 30,
  names,
  addresses,
  moreAddresses = [],
}: CertificateOptions = {}): Promise<Certificates> {
  x509.cryptoProvider.set(globalThis.crypto);
  const [notBefore, notAfter] = [new Date(Date.now() + fromDays * dayMs), new Date(Date.now() + toDays * dayMs)];
  const caKeys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=einwahl demo authority",
    notBefore: new Date(Math.min(Date.now() - dayMs, notBefore.getTime())),
    notAfter: new Date(Math.max(Date.now() + 30 * dayMs, notAfter.getTime())),
    signingAlgorithm: algorithm,
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: "02",
    subject: `CN=${names?.[0] ?? "localhost"}`,
    issuer: ca.subject,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(
        names === undefined && addresses === undefined
          ? [
              { type: "dns", value: "localhost" },
              { type: "ip", value: "127.0.0.1" },
              { type: "ip", value: "::1" },
              // FreeSWITCH compares a host that is an IP address only with names of this form.
              { type: "url", value: "sip:127.0.0.1" },
              ...moreAddresses.map((value) => ({ type: "ip", value }) as const),
            ]
          : [
              ...(names ?? []).map((value) => ({ type: "dns", value }) as const),
              ...(addresses ?? []).map((value) => ({ type: "ip", value }) as const),
            ],
      ),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { ca: ca.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY"), cert: cert.toString("pem") };
}
