import { entryOf, type Tree } from "./tree.js";

/* Whether the raw settings allow unencrypted calls. */

export const optOut = "use tls, or write allow_unencrypted: true to allow unencrypted calls";

/** @param holder the section with the `transport` */
export function isUnencrypted(holder: Tree): boolean {
  const transport = entryOf(holder, "transport");
  return transport === "tcp" || transport === "udp";
}

export function optsOut(holder: Tree): boolean {
  return isTrue(entryOf(holder, "allow_unencrypted"));
}

export function isTrue(value: Tree): boolean {
  return value === true || value === "true";
}
