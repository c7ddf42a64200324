import { isThisMachine } from "../util/own-address.js";
import type { Config } from "./config.js";

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
