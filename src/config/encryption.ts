import { isThisMachine } from "../util/own-address.js";
import type { BbbServerConfig, Config, TrunkConfig } from "./config.js";
import { entryOf, type Tree } from "./tree.js";

/* What is not encrypted: in the raw settings, for the checks of the file, and in the complete configuration. */

export const optOut = "use tls, or write allow_unencrypted: true to allow unencrypted calls";

/** @param holder the section with the `transport` */
export function isUnencrypted(holder: Tree): boolean {
  const transport = entryOf(holder, "transport");
  return transport === "tcp" || transport === "udp";
}

/** Whether the section of the raw settings allows unencrypted calls. */
export function optsOut(holder: Tree): boolean {
  return isTrue(entryOf(holder, "allow_unencrypted"));
}

export function isTrue(value: Tree): boolean {
  return value === true || value === "true";
}

/** Whether the trunk may carry unencrypted calls. */
export function isTrunkOpen({ signalling, srtp }: Pick<TrunkConfig, "signalling" | "srtp">): boolean {
  return signalling !== "tls" || srtp !== "mandatory";
}

/** The settings of a server's unencrypted routes into conferences. */
export function openWays({
  sip,
  livekitSip,
}: Pick<BbbServerConfig, "sip" | "livekitSip">): readonly ("sip" | "livekit_sip")[] {
  return [
    ...(isSipOpen(sip) ? ["sip" as const] : []),
    ...(livekitSip !== undefined && isSipOpen(livekitSip) ? ["livekit_sip" as const] : []),
  ];
}

function isSipOpen({ transport, srtp }: BbbServerConfig["sip"]): boolean {
  return transport !== "tls" || srtp !== "mandatory";
}

/** A connection to another component that leaves this machine without TLS. */
export interface PlainLink {
  readonly code: "drachtio-plain" | "event-socket-plain" | "redis-plain";
  /** The media server's name; "" for components that exist only once. */
  readonly subject: string;
}

/**
 * The connections that carry numbers, PINs or passwords unencrypted over a network. drachtio's admin port and FreeSWITCH's
 * event socket have no TLS here, so a tunnel is the only protection.
 */
export function plainLinks({
  drachtio,
  mediaServers,
  rooms: { store },
}: Pick<Config, "drachtio" | "mediaServers" | "rooms">): readonly PlainLink[] {
  return [
    ...(isThisMachine(drachtio.host) ? [] : [{ code: "drachtio-plain", subject: "" } as const]),
    ...mediaServers
      .filter(({ eventSocket }) => !isThisMachine(eventSocket.host))
      .map(({ name }) => ({ code: "event-socket-plain", subject: name }) as const),
    ...(store.kind === "redis" && isRedisPlain(store.url.reveal())
      ? [{ code: "redis-plain", subject: "" } as const]
      : []),
  ];
}

function isRedisPlain(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "redis:" && !isThisMachine(hostname);
}
