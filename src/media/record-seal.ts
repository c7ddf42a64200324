import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";

import { failure, type Result, success } from "../util/result.js";

const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;
/** First byte of a compressed record; one without compression begins with the "{" of its JSON. */
const compressed = 1;
/** Limit of a record's text, in bytes; a long call has 2 kB. */
const maxTextBytes = 65_536;

/** A whole record: its text, and what the channel has of it. */
export interface SealedRecord {
  readonly text: string;
  readonly sealed: string;
}

/**
 * Text as in most records, for the compressor. Another text makes all sealed records unreadable for other versions:
 * then change `compressed` too.
 */
const usualText = Buffer.from(
  '"conference":{"node":{"name":"bbb","host":"","port":5061,"transport":"tls","srtp":"mandatory"},' +
    '"audio":{"told":"freeswitch","usual":"freeswitch","livekitNode":{}},"meetingId":"","createdAt":17,"voiceBridge":"",' +
    '"mainRoom":""},"claims":[{"meetingId":"","identity":"","claimed":0,"letters":""}],"session":{"seconds":1800,"refresher":"us"}' +
    '"channels":,"suite":"AEAD_AES_256_GCM","suite":"AES_CM_128_HMAC_SHA1_80","kind":"anonymous","kind":"wait","until":' +
    '{"stage":"joining","ms":},{"stage":"ringing","ms":},{"stage":"asking","ms":},{"stage":"talking","ms":' +
    '"pinsTyped":1,"joins":1,"lookups":["open","not-started","unknown"],"audio":"freeswitch","legId":"","waitUntil":' +
    '{"version":1,"owner":"","callId":"","admitted":{"origin":"regular","trunk":"","calledNumberFrom":"to",' +
    '"languages":["de","en"],"caller":{"kind":"number","last4":"","lineKey":"","throttleKey":"","pseudonymSeeds":[[20,"="],[20' +
    ']]},"srtp":"mandatory"},"line":{"dialogId":";from-tag=","contact":"<sip:;transport=tls>","origin":"o=FreeSWITCH 17 ' +
    'IN IP4","offer":{"kind":"sdes","media":[{"type":"audio","profile":"RTP/SAVP","formats":"8 0 9 101"}],"chosen":0,' +
    '"isOnHold":false}},"channel":{"dialogId":";from-tag=","contact":"<sip:127.0.0.1:5080;transport=udp>"},' +
    '"language":"de","hints":"said","conferencesOver":0,"waitedMs":0,"tries":{"used":0,"wrong":0,"silences":0,"switches":0},' +
    '"claims":[],"story":{"stage":"ringing","pinsTyped":0,"joins":0,"stages":[],"lookups":[],"startedAt":17,"stageSince":17},' +
    '"step":{"kind":"ask","why":"greeting"}},"step":{"kind":"join","pin":"","step":{"kind":"talk","pin":"',
);

/**
 * Encrypts a call's record for a channel variable: FreeSWITCH shows variables in events, logs and dumps. All instances that
 * control the media server know its event socket password, and only they can have written a record that opens. It is
 * compressed: FreeSWITCH reads commands byte by byte, with two system calls each (read_packet in mod_event_socket.c).
 * @param base a record that the channel has: only the change is sealed, and opens with that record only
 */
export function sealRecord(text: string, password: string, base?: SealedRecord): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, keyFrom(password), iv);
  if (base !== undefined) cipher.setAAD(Buffer.from(base.sealed));
  // Small tables and few searches: 20 us instead of 40, for 5 bytes more.
  const packed = deflateRawSync(text, { dictionary: dictionaryOf(base), windowBits: 13, memLevel: 4, level: 3 });
  const sealed = Buffer.concat([cipher.update(Buffer.concat([Buffer.of(compressed), packed])), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
}

export function openRecord(sealed: string, password: string, base?: SealedRecord): Result<string, "not-ours"> {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length <= ivBytes + tagBytes) return failure("not-ours");
  const decipher = createDecipheriv(algorithm, keyFrom(password), bytes.subarray(0, ivBytes));
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  if (base !== undefined) decipher.setAAD(Buffer.from(base.sealed));
  try {
    const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
    return success((opened[0] === compressed ? unpacked(opened.subarray(1), base) : opened).toString("utf8"));
  } catch {
    return failure("not-ours");
  }
}

/** The call's latest record. @param change sealed after this record or after an earlier one; that one is then outdated */
export function openLatest(sealed: string, change: string | undefined, password: string): Result<string, "not-ours"> {
  const base = openRecord(sealed, password);
  if (!base.ok || change === undefined) return base;
  const changed = openRecord(change, password, { text: base.value, sealed });
  return changed.ok ? changed : base;
}

function unpacked(packed: Buffer, base: SealedRecord | undefined): Buffer {
  return inflateRawSync(packed, { dictionary: dictionaryOf(base), maxOutputLength: maxTextBytes });
}

function dictionaryOf(base: SealedRecord | undefined): Buffer {
  return base === undefined ? usualText : Buffer.from(base.text);
}

function keyFrom(password: string): Buffer {
  return createHash("sha256").update(`einwahl call record ${password}`).digest();
}
