import { isThisMachine } from "../util/own-address.js";
import type { Config } from "./config.js";

/** A connection between the parts of an installation that leaves this machine without TLS. */
export interface PlainLink {
  readonly code: "drachtio-plain" | "event-socket-plain" | "redis-plain";
  /** The media server's name; "" where there is only one. */
  readonly subject: string;
}

/**
 * Where callers' numbers, PINs or passwords cross a network that anybody may listen to. drachtio's admin port and FreeSWITCH's
 * event socket have no TLS here, so that only a tunnel helps.
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
