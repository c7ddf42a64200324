import type { InviteFacts } from "../caller/invite.js";
import { detached } from "./detached.js";

/** Where a request came from, in drachtio's words: the flow's far end. */
export function sourceFrom(protocol: string, address: string, port: number): InviteFacts["source"] {
  return { address: detached(address), port, transport: protocol === "tls" || protocol === "tcp" ? protocol : "udp" };
}
