import { directionOf } from "./sdp.js";

/**
 * FreeSWITCH 1.10.12 (generate_local_sdp) offers the leg to BBB with the direction of the caller's current SDP and never
 * re-offers: after `inactive` or `recvonly` the conference would never get audio. FreeSWITCH therefore gets the nearest
 * direction in which the leg may send. The RTP timeout is set separately (`silence.ts`).
 */
const told: Readonly<Record<string, string>> = { inactive: "sendonly", recvonly: "sendrecv" };

/** The direction of FreeSWITCH's answer to the original ones (RFC 3264 section 6.1). */
const answered: Readonly<Record<string, string>> = { inactive: "inactive", recvonly: "sendonly" };

/** The caller's SDP for FreeSWITCH. */
export function forFreeswitch(callerSdp: string): string {
  return turned(callerSdp, told[directionOf(callerSdp)]);
}

/** FreeSWITCH's answer for the caller. */
export function forCaller(callerSdp: string, answer: string): string {
  return turned(answer, answered[directionOf(callerSdp)]);
}

function turned(sdp: string, direction: string | undefined): string {
  return direction === undefined ? sdp : withDirection(sdp, direction);
}

function withDirection(sdp: string, direction: string): string {
  const attribute = /^a=(?:sendrecv|sendonly|recvonly|inactive)(?=\r?$)/m;
  if (attribute.test(sdp)) return sdp.replace(attribute, `a=${direction}`);
  // `sendrecv` is the default (RFC 3264 section 5.1) and absent from FreeSWITCH's answers.
  const section = /^m=audio [1-9][^\r\n]*(?:\r?\n(?!m=)[^\r\n]+)*/m;
  return sdp.replace(section, (audio) => `${audio}\r\na=${direction}`);
}
