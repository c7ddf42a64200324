/** Total length of master key and salt in bytes, per suite of FreeSWITCH 1.10 (RFC 4568 section 6.2, RFC 7714 section 14.2). */
export const suiteKeyLengths: ReadonlyMap<string, number> = new Map([
  ["AES_CM_128_HMAC_SHA1_80", 30],
  ["AES_CM_128_HMAC_SHA1_32", 30],
  ["AEAD_AES_128_GCM", 28],
  ["AEAD_AES_256_GCM", 44],
]);

const maxLifetime = 2n ** 48n;
const maxTag = 999_999_999;

/** An SRTP key that the media server supports. */
export interface CryptoLine {
  readonly tag: number;
  readonly suite: string;
  /** The rewritten `a=crypto` line with only the parameters that the media server needs. */
  readonly text: string;
}

/**
 * Reads an `a=crypto` line (RFC 4568 section 9.1). `undefined` if it is malformed, its suite is unknown to FreeSWITCH, or a
 * session parameter changes the protection (section 6.3). FreeSWITCH 1.10.12 ignores session parameters, and reads out of
 * bounds if key, lifetime or MKI are malformed (fixed in 1.11: 86b10358e2, 394b48b9f5; docs/reference/engines.md).
 */
export function readCryptoLine(line: string): CryptoLine | undefined {
  const [, tagText = "", name = "", keyParameters = "", session = ""] =
    /^a=crypto:(\d{1,9})[ \t]+(\w{1,40})[ \t]+(\S{1,400})((?:[ \t]+\S+)*)[ \t]*$/i.exec(line) ?? [];
  const suite = name.toUpperCase();
  const length = suiteKeyLengths.get(suite);
  const tag = Number(tagText);
  if (length === undefined || tag > maxTag || !protectionStays(session)) return undefined;
  const key = readKey(keyParameters, length);
  return key === undefined ? undefined : { tag, suite, text: `a=crypto:${tag} ${suite} inline:${key}` };
}

/** `WSH` is a hint about the replay window; unknown parameters may be ignored if they start with a dash (section 6.3.7). */
function protectionStays(session: string): boolean {
  return session
    .split(/[ \t]+/)
    .every((parameter) => parameter === "" || /^WSH=\d{1,9}$/i.test(parameter) || /^-[^-]/.test(parameter));
}

function readKey(keyParameters: string, length: number): string | undefined {
  // Multiple keys (separated by semicolons) are selected by MKI; FreeSWITCH would use the first one for all packets.
  const [, base64 = "", options = ""] = /^inline:([A-Za-z0-9+/]+={0,2})((?:\|[^|;]*)*)$/i.exec(keyParameters) ?? [];
  const bytes = Buffer.from(base64, "base64");
  const encoded = bytes.toString("base64");
  if (
    bytes.length !== length ||
    (base64.length !== encoded.length && base64.length !== encoded.replace(/=+$/, "").length)
  )
    return undefined;
  const [first, second, ...others] = options.split("|").slice(1);
  if (others.length > 0) return undefined;
  const mki = second ?? (first?.includes(":") === true ? first : undefined);
  const lifetime = mki === first ? undefined : first;
  if (lifetime !== undefined && !isLifetime(lifetime)) return undefined;
  if (mki === undefined) return encoded;
  // FreeSWITCH skips an MKI without a lifetime; it ignores the lifetime itself.
  return isOneByteMki(mki) ? `${encoded}|2^31|${mki}` : undefined;
}

function isLifetime(text: string): boolean {
  const [, power, count] = /^(?:2\^(\d{1,2})|(\d{1,15}))$/.exec(text) ?? [];
  if (power === undefined && count === undefined) return false;
  const packets = power === undefined ? BigInt(count ?? 0) : 2n ** BigInt(power);
  return packets > 0n && packets <= maxLifetime;
}

/** FreeSWITCH 1.10.12 writes an MKI in little-endian order (switch_rtp.c): longer ones would match no packet. */
function isOneByteMki(text: string): boolean {
  const [, value] = /^([1-9]\d{0,2}):1$/.exec(text) ?? [];
  return value !== undefined && Number(value) <= 255;
}
