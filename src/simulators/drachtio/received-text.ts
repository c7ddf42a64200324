import type { SipMessage } from "../../softphone/sip/message.js";

/**
 * A message as passed on by drachtio-server (EncodeStackMessage in its drachtio.cpp): each header as received, including
 * unreadable lines, "sip/2.0" and bare line feeds. Only Via is modified (RFC 3261 section 18.2.1).
 */
export function textOf(message: SipMessage): string {
  const { received } = message;
  if (received === undefined) return message.toString();
  // A line break ends a field unless a folded line follows.
  const fields = received.head.split(/(?<=\n)(?![ \t])/);
  const firstVia = fields.findIndex(isVia);
  const vias = message.headers.all("Via").map((value) => `Via: ${value}\r\n`);
  const kept = fields.flatMap((field, index) => (index === firstVia ? vias : isVia(field) ? [] : [field]));
  return kept.join("") + message.body;
}

function isVia(field: string): boolean {
  return /^(?:via|v)\s*:/i.test(field);
}
