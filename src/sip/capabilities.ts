import { sessionTypes } from "../call/cause.js";

/** Supported methods (RFC 3261 section 20.5), inside and outside of dialogs. */
const methods: readonly string[] = ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE"];

/** The value of the `Allow` header. */
export const allowedMethods = methods.join(", ");

/**
 * Extensions accepted in `Require`. drachtio implements session timers (RFC 4028); 100rel is satisfied by sending no
 * provisional response except 100 (RFC 3262 section 3).
 */
const extensions: readonly string[] = ["timer", "100rel"];

const maxTags = 8;
const optionTag = /^[\w\-.!%*+`'~]{1,40}$/;

/** Headers of the 200 to OPTIONS (RFC 3261 section 11.2). */
export const capabilities = { Allow: allowedMethods, ...sessionTypes, Supported: "timer" } as const;

export function isAllowed(method: string): boolean {
  return methods.includes(method);
}

/** The option tags of `Require` that are not supported. */
export function unmetExtensions(required: string): readonly string[] {
  return optionTags(required).filter((tag) => !extensions.includes(tag.toLowerCase()));
}

/** Whether provisional responses must be reliable (RFC 3262). */
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
