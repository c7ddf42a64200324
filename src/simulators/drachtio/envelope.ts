import type { Flow } from "../../softphone/sip/flow.js";
import type { SipMessage } from "../../softphone/sip/message.js";
import { toWire } from "../../softphone/sip/wire-text.js";

/** Origin of a message: the SIP network, or this side (the application or the server). */
export type Source = "network" | "application";

/** `source|bytes|protocol|address|port|time`: drachtio-server's description of a message; address and port are remote. */
export function describe(message: SipMessage, flow: Pick<Flow, "transport" | "remote">, source: Source): string {
  const { address, port } = flow.remote;
  return [source, toWire(message.toString()).length, flow.transport, address, port, timeOfDay(new Date())].join("|");
}

/** UTC in microseconds, as in drachtio-server; this clock has a resolution of milliseconds. */
function timeOfDay(now: Date): string {
  return `${now.toISOString().slice(11, 23)}000`;
}
