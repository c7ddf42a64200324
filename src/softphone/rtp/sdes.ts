import { isSuiteName, knownSuites, type MasterKey, type Mki, type SuiteName } from "./srtp.js";

/** One a=crypto line (RFC 4568 section 4): the key that protects its sender's packets. */
export interface CryptoLine {
  readonly tag: number;
  readonly suite: SuiteName;
  readonly master: MasterKey;
  readonly mki?: Mki;
}

const maxTag = 999_999_999;
const maxMkiLength = 128;

/** Creates a random key for `suite`. */
export function makeCryptoLine(tag: number, suite: SuiteName, random: (bytes: number) => Buffer): CryptoLine {
  const { keyLength, saltLength } = knownSuites[suite];
  return { tag, suite, master: { key: random(keyLength), salt: random(saltLength) } };
}

/** The `inline:` part of the line, without lifetime or MKI: both are optional, and a call ends long before 2^48 packets. */
export function keyParameters(line: CryptoLine): string {
  return `inline:${Buffer.concat([line.master.key, line.master.salt]).toString("base64")}`;
}

/**
 * Reads a line as split by sdp-transform. Undefined: unusable (unknown suite, wrong key
 * length, several keys, a session parameter that changes the packets); the next line may still be usable.
 */
export function parseCryptoLine(line: {
  id: number;
  suite: string;
  config: string;
  sessionConfig?: string;
}): CryptoLine | undefined {
  if (!isSuiteName(line.suite)) return undefined;
  if (!Number.isInteger(line.id) || line.id < 0 || line.id > maxTag) return undefined;
  if (!sessionParametersAreHarmless(line.sessionConfig ?? "")) return undefined;
  const [keyInfo, ...extra] = splitKeyInfo(line.config);
  if (keyInfo === undefined || extra.length > 2) return undefined;
  const { keyLength, saltLength } = knownSuites[line.suite];
  const bytes = decodeBase64(keyInfo);
  if (bytes?.length !== keyLength + saltLength) return undefined;
  const master: MasterKey = { key: bytes.subarray(0, keyLength), salt: bytes.subarray(keyLength) };
  let mki: Mki | undefined;
  for (const part of extra) {
    if (!part.includes(":")) {
      if (!/^(2\^)?\d{1,15}$/.test(part)) return undefined;
      continue;
    }
    mki = parseMki(part);
    if (mki === undefined) return undefined;
  }
  return { tag: line.id, suite: line.suite, master, ...(mki === undefined ? {} : { mki }) };
}

function splitKeyInfo(config: string): string[] {
  const match = /^inline:([^;\s]+)$/i.exec(config);
  return match?.[1]?.split("|") ?? [];
}

function decodeBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function parseMki(text: string): Mki | undefined {
  const match = /^(\d{1,15}):(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const length = Number(match[2]);
  if (length < 1 || length > maxMkiLength) return undefined;
  const value = Buffer.alloc(length);
  let rest = BigInt(match[1] ?? "0");
  for (let i = length - 1; i >= 0 && rest > 0n; i--, rest >>= 8n) value[i] = Number(rest & 0xffn);
  return rest > 0n ? undefined : { value };
}

/** RFC 4568 section 6.3: WSH is a hint and UNENCRYPTED_SRTCP concerns RTCP, which is not implemented; all others change SRTP. */
function sessionParametersAreHarmless(text: string): boolean {
  return text
    .split(/\s+/)
    .filter((word) => word !== "")
    .every(
      (word) => /^-?WSH=\d+$/.test(word) || word === "UNENCRYPTED_SRTCP" || word === "KDR=0" || word.startsWith("-"),
    );
}
