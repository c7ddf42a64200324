import { createCipheriv, createDecipheriv, createHmac, createSecretKey } from "node:crypto";

import type { SessionKeys, Suite } from "./srtp-suites.js";

/** Protects and opens one packet with a known 48-bit index. Stateless. */
export interface PacketTransform {
  /** Returns header + ciphertext + tag. */
  protect(packet: Buffer, headerLength: number, roc: number): Buffer;
  /** Returns the plain packet, or undefined if the tag is wrong. */
  open(packet: Buffer, headerLength: number, roc: number): Buffer | undefined;
}

const aesBlock = 16;

/** AES in counter mode with HMAC-SHA1 (RFC 3711 sections 4.1.1 and 4.2.1). */
export function counterModeTransform(suite: Suite, keys: SessionKeys): PacketTransform {
  // Counter mode is ECB over counters. One ECB context serves all packets of a key; createCipheriv("aes-128-ctr") would need a context per packet.
  const ecb = createCipheriv("aes-128-ecb", keys.key, null);
  ecb.setAutoPadding(false);
  const auth = createSecretKey(keys.auth);
  const rocBytes = Buffer.alloc(4);
  const counterBase = Buffer.alloc(aesBlock);
  let counters = Buffer.alloc(aesBlock * 12);

  function applyKeystream(packet: Buffer, headerLength: number, end: number, roc: number): void {
    const blocks = Math.ceil((end - headerLength) / aesBlock);
    if (blocks === 0) return;
    counterBase.fill(0);
    keys.salt.copy(counterBase, 0);
    for (let i = 0; i < 4; i++) counterBase[4 + i] = (counterBase[4 + i] ?? 0) ^ (packet[8 + i] ?? 0);
    counterBase.writeUInt32BE((counterBase.readUInt32BE(8) ^ roc) >>> 0, 8);
    counterBase.writeUInt16BE(counterBase.readUInt16BE(12) ^ packet.readUInt16BE(2), 12);
    if (counters.length < blocks * aesBlock) counters = Buffer.alloc(blocks * aesBlock);
    for (let block = 0; block < blocks; block++) {
      counterBase.copy(counters, block * aesBlock);
      counters.writeUInt16BE(block, block * aesBlock + 14);
    }
    const keystream = ecb.update(counters.subarray(0, blocks * aesBlock));
    for (let i = headerLength, k = 0; i < end; i++, k++) packet[i] = (packet[i] ?? 0) ^ (keystream[k] ?? 0);
  }

  function tagOf(authenticated: Buffer, roc: number): Buffer {
    rocBytes.writeUInt32BE(roc, 0);
    return createHmac("sha1", auth).update(authenticated).update(rocBytes).digest();
  }

  return {
    protect(packet, headerLength, roc) {
      const out = Buffer.allocUnsafe(packet.length + suite.tagLength);
      packet.copy(out, 0);
      applyKeystream(out, headerLength, packet.length, roc);
      tagOf(out.subarray(0, packet.length), roc).copy(out, packet.length, 0, suite.tagLength);
      return out;
    },
    open(packet, headerLength, roc) {
      const end = packet.length - suite.tagLength;
      if (end < headerLength) return undefined;
      const expected = tagOf(packet.subarray(0, end), roc);
      let difference = 0;
      for (let i = 0; i < suite.tagLength; i++) difference |= (expected[i] ?? 0) ^ (packet[end + i] ?? 0);
      if (difference !== 0) return undefined;
      const out = Buffer.from(packet.subarray(0, end));
      applyKeystream(out, headerLength, end, roc);
      return out;
    },
  };
}

/** AES-GCM with the header as associated data (RFC 7714 sections 8.1, 8.2). */
export function gcmTransform(suite: Suite, keys: SessionKeys): PacketTransform {
  const algorithm = suite.keyLength === 32 ? "aes-256-gcm" : "aes-128-gcm";
  const key = createSecretKey(keys.key);
  const iv = Buffer.alloc(12);

  function setIv(packet: Buffer, roc: number): void {
    keys.salt.copy(iv, 0);
    for (let i = 0; i < 4; i++) iv[2 + i] = (iv[2 + i] ?? 0) ^ (packet[8 + i] ?? 0);
    iv.writeUInt32BE((iv.readUInt32BE(6) ^ roc) >>> 0, 6);
    iv.writeUInt16BE(iv.readUInt16BE(10) ^ packet.readUInt16BE(2), 10);
  }

  return {
    protect(packet, headerLength, roc) {
      setIv(packet, roc);
      const cipher = createCipheriv(algorithm, key, iv, { authTagLength: suite.tagLength });
      const header = packet.subarray(0, headerLength);
      cipher.setAAD(header);
      const body = cipher.update(packet.subarray(headerLength));
      cipher.final();
      return Buffer.concat([header, body, cipher.getAuthTag()], packet.length + suite.tagLength);
    },
    open(packet, headerLength, roc) {
      const end = packet.length - suite.tagLength;
      if (end < headerLength) return undefined;
      setIv(packet, roc);
      const decipher = createDecipheriv(algorithm, key, iv, { authTagLength: suite.tagLength });
      const header = packet.subarray(0, headerLength);
      decipher.setAAD(header);
      decipher.setAuthTag(packet.subarray(end));
      const body = decipher.update(packet.subarray(headerLength, end));
      try {
        decipher.final();
      } catch {
        return undefined;
      }
      return Buffer.concat([header, body], end);
    },
  };
}

export function makeTransform(suite: Suite, keys: SessionKeys): PacketTransform {
  return suite.aead ? gcmTransform(suite, keys) : counterModeTransform(suite, keys);
}
