import { directionOf } from "./sdp.js";

/**
 * FreeSWITCH offers the leg to BBB in the direction that the caller's SDP has just then, and never offers again (1.10.12,
 * generate_local_sdp): after `inactive` and `recvonly` it would send nothing to the conference for good. It is therefore told of
 * these as the nearest direction that lets the leg send; how long RTP may stay away is told apart from that.
 */
const told: Readonly<Record<string, string>> = { inactive: "sendonly", recvonly: "sendrecv" };

/** What FreeSWITCH's answer to these would have been (RFC 3264 section 6.1). */
const answered: Readonly<Record<string, string>> = { inactive: "inactive", recvonly: "sendonly" };

/** The caller's SDP as FreeSWITCH gets it. */
export function forFreeswitch(callerSdp: string): string {
  return turned(callerSdp, told[directionOf(callerSdp)]);
}

/** FreeSWITCH's answer as the caller gets it. */
export function forCaller(callerSdp: string, answer: string): string {
  return turned(answer, answered[directionOf(callerSdp)]);
}

function turned(sdp: string, direction: string | undefined): string {
  return direction === undefined ? sdp : withDirection(sdp, direction);
}

function withDirection(sdp: string, direction: string): string {
  const attribute = /^a=(?:sendrecv|sendonly|recvonly|inactive)(?=\r?$)/m;
  if (attribute.test(sdp)) return sdp.replace(attribute, `a=${direction}`);
  // `sendrecv` need not be written (RFC 3264 section 5.1): FreeSWITCH leaves it out of its answers.
  const section = /^m=audio [1-9][^\r\n]*(?:\r?\n(?!m=)[^\r\n]+)*/m;
  return sdp.replace(section, (audio) => `${audio}\r\na=${direction}`);
}
