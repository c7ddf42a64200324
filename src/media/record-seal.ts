import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

import { failure, type Result, success } from "../util/result.js";

const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a call's record for a channel variable: FreeSWITCH shows variables in events, logs and dumps. All instances that
 * control the media server know its event socket password, and only they can have written a record that opens.
 */
export function sealRecord(text: string, password: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, keyFrom(password), iv);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
}

export function openRecord(sealed: string, password: string): Result<string, "not-ours"> {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length <= ivBytes + tagBytes) return failure("not-ours");
  const decipher = createDecipheriv(algorithm, keyFrom(password), bytes.subarray(0, ivBytes));
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return success(
      Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString("utf8"),
    );
  } catch {
    return failure("not-ours");
  }
}

function keyFrom(password: string): Buffer {
  return createHash("sha256").update(`einwahl call record ${password}`).digest();
}
