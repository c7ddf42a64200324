/** V8 stores a substring of this length or more as a reference to its parent (SlicedString::kMinLength). */
const sharedLength = 13;

/**
 * Copies a string into its own memory: a dialog ID that is a substring of its INVITE would keep all of it in memory.
 */
export function detached(text: string): string {
  if (text.length < sharedLength) return text;
  return Buffer.from(text, "utf16le").toString("utf16le");
}

/** `RegExp.input` keeps the text of the last match, here a message with the caller's number. Overwrites it. */
export function forgetLastMatch(): void {
  /^$/.exec("");
}

/** Replaces the string properties of an object (not of nested objects) with detached copies. */
export function detachTexts(object: object): void {
  for (const [name, value] of Object.entries(object)) {
    if (typeof value === "string") Reflect.set(object, name, detached(value));
  }
}
