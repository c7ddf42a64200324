import type { InviteFacts } from "../caller/invite.js";
import { detached } from "../util/detached.js";

/** The source of a request from drachtio's fields: the remote end of the flow. */
export function sourceFrom(protocol: string, address: string, port: number): InviteFacts["source"] {
  return { address: detached(address), port, transport: protocol === "tls" || protocol === "tcp" ? protocol : "udp" };
}
