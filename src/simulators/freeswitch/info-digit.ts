import type { SipRequest } from "../../softphone/sip/index.js";

const defaultMs = 250;
const maxMs = 24_000;

/** The digit of a SIP INFO: application/dtmf-relay (`Signal=5`, `Duration=160`) or application/dtmf (the digit alone). */
export function digitOfInfo(request: SipRequest): { readonly digit: string; readonly durationMs: number } | undefined {
  const type = (request.headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type === "application/dtmf") return valid(request.body.trim(), defaultMs);
  if (type !== "application/dtmf-relay") return undefined;
  const signal = /^\s*signal\s*=\s*(\S+)/im.exec(request.body)?.[1] ?? "";
  const duration = Number(/^\s*duration\s*=\s*(\d{1,6})/im.exec(request.body)?.[1] ?? defaultMs);
  return valid(signal, Math.min(maxMs, duration));
}

function valid(signal: string, durationMs: number): { digit: string; durationMs: number } | undefined {
  // Some phones send the RFC 2833 event numbers 10 and 11 for * and #.
  const digit = signal === "10" ? "*" : signal === "11" ? "#" : signal.toUpperCase();
  return /^[0-9A-D*#]$/.test(digit) ? { digit, durationMs } : undefined;
}
