/**
 * A copy with memory of its own. V8 keeps a substring of 13 characters or more as a reference into the whole text, so that
 * a dialog's id would keep the INVITE from which it was cut in memory.
 */
export function detached(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

/** Replaces the texts in an object, not those of its parts, by detached copies. */
export function detachTexts(object: object): void {
  for (const [name, value] of Object.entries(object)) {
    if (typeof value === "string") Reflect.set(object, name, detached(value));
  }
}
