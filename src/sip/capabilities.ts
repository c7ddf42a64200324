import { sessionTypes } from "../call/cause.js";

/** What einwahl understands (RFC 3261 section 20.5), inside a dialog and outside. */
const methods: readonly string[] = ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE"];

/** The value of every `Allow`. */
export const allowedMethods = methods.join(", ");

/**
 * Extensions that a `Require` may name: drachtio keeps session timers (RFC 4028), and 100rel is met by sending no provisional
 * response but 100 (RFC 3262 section 3).
 */
const extensions: readonly string[] = ["timer", "100rel"];

const maxTags = 8;
const optionTag = /^[\w\-.!%*+`'~]{1,40}$/;

/** What the 200 to OPTIONS says (RFC 3261 section 11.2). */
export const capabilities = { Allow: allowedMethods, ...sessionTypes, Supported: "timer" } as const;

export function isAllowed(method: string): boolean {
  return methods.includes(method);
}

/** Of the values of `Require` those that are not met. */
export function unmetExtensions(required: string): readonly string[] {
  return optionTags(required).filter((tag) => !extensions.includes(tag.toLowerCase()));
}

/** A provisional response would have to be sent reliably. */
export function needsReliableProvisionals(required: string): boolean {
  return optionTags(required).some((tag) => tag.toLowerCase() === "100rel");
}

/** The value of `Unsupported` in a 420. */
export function unsupported(tags: readonly string[]): string {
  return tags
    .filter((tag) => optionTag.test(tag))
    .slice(0, maxTags)
    .join(", ");
}

function optionTags(header: string): string[] {
  return header
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}
