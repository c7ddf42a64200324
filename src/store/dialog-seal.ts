import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";

const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;
/** Longer ids are not kept, in characters: drachtio itself accepts Call-IDs of any length. */
const maxIdLength = 1_000;

/**
 * Encrypts drachtio's dialog ids for a store: they contain the caller's Call-ID, in which telephones may put a number. The
 * key comes from drachtio's secret, which no store has. The same id always gives the same text (a synthetic IV).
 */
export class DialogSeal {
  readonly #key: Buffer;
  readonly #ivKey: Buffer;

  /** @param secret drachtio's secret: instances at the same drachtio read each other's entries */
  constructor(secret: string) {
    this.#key = derived(secret, "einwahl dialog id");
    this.#ivKey = derived(secret, "einwahl dialog id iv");
  }

  /** `undefined`: too long to be kept. */
  seal(dialogId: string): string | undefined {
    if (dialogId.length > maxIdLength) return undefined;
    const iv = createHmac("sha256", this.#ivKey).update(dialogId).digest().subarray(0, ivBytes);
    const cipher = createCipheriv(algorithm, this.#key, iv);
    const sealed = Buffer.concat([cipher.update(dialogId, "utf8"), cipher.final()]);
    return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString("base64url");
  }

  /** `undefined`: damaged, or sealed with another secret. */
  open(sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes.length < ivBytes + tagBytes) return undefined;
    try {
      const decipher = createDecipheriv(algorithm, this.#key, bytes.subarray(0, ivBytes));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      const opened = [decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()];
      return Buffer.concat(opened).toString("utf8");
    } catch {
      return undefined;
    }
  }
}

function derived(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", purpose, 32));
}
