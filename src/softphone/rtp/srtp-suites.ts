import { createCipheriv } from "node:crypto";

/** The supported SRTP crypto suites, by their SDES names (RFC 4568 section 6.2, RFC 7714 section 14.2). */
export type SuiteName = "AES_CM_128_HMAC_SHA1_80" | "AES_CM_128_HMAC_SHA1_32" | "AEAD_AES_128_GCM" | "AEAD_AES_256_GCM";

/** Lengths in bytes. */
export interface Suite {
  readonly name: SuiteName;
  readonly aead: boolean;
  readonly keyLength: number;
  readonly saltLength: number;
  readonly tagLength: number;
}

export const knownSuites: Readonly<Record<SuiteName, Suite>> = {
  AES_CM_128_HMAC_SHA1_80: {
    name: "AES_CM_128_HMAC_SHA1_80",
    aead: false,
    keyLength: 16,
    saltLength: 14,
    tagLength: 10,
  },
  AES_CM_128_HMAC_SHA1_32: {
    name: "AES_CM_128_HMAC_SHA1_32",
    aead: false,
    keyLength: 16,
    saltLength: 14,
    tagLength: 4,
  },
  AEAD_AES_128_GCM: { name: "AEAD_AES_128_GCM", aead: true, keyLength: 16, saltLength: 12, tagLength: 16 },
  AEAD_AES_256_GCM: { name: "AEAD_AES_256_GCM", aead: true, keyLength: 32, saltLength: 12, tagLength: 16 },
};

/** Default order: strongest first. */
export const allSuites: readonly SuiteName[] = [
  "AEAD_AES_256_GCM",
  "AEAD_AES_128_GCM",
  "AES_CM_128_HMAC_SHA1_80",
  "AES_CM_128_HMAC_SHA1_32",
];

export function isSuiteName(name: string): name is SuiteName {
  return Object.hasOwn(knownSuites, name);
}

/** Content of an a=crypto line: master key and salt of one direction. */
export interface MasterKey {
  readonly key: Buffer;
  readonly salt: Buffer;
}

/** Session keys of one direction (RFC 3711 section 4.3). `auth` is empty for the AEAD suites. */
export interface SessionKeys {
  readonly key: Buffer;
  readonly salt: Buffer;
  readonly auth: Buffer;
}

const hmacSha1KeyLength = 20;

/** RFC 3711 section 4.3.3: AES in counter mode over a zero string; a GCM salt of 12 bytes is padded on the right (RFC 7714 section 11). */
function derive(master: MasterKey, label: number, length: number): Buffer {
  const iv = Buffer.alloc(16);
  master.salt.copy(iv, 0);
  iv.writeUInt8(iv.readUInt8(7) ^ label, 7);
  const cipher = createCipheriv(master.key.length === 32 ? "aes-256-ctr" : "aes-128-ctr", master.key, iv);
  return Buffer.concat([cipher.update(Buffer.alloc(length)), cipher.final()]);
}

/** Session keys of SRTP (not SRTCP) with key derivation rate 0: derived once. */
export function deriveSessionKeys(suite: Suite, master: MasterKey): SessionKeys {
  return {
    key: derive(master, 0x00, suite.keyLength),
    auth: suite.aead ? Buffer.alloc(0) : derive(master, 0x01, hmacSha1KeyLength),
    salt: derive(master, 0x02, suite.saltLength),
  };
}
