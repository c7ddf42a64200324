/** The body types accepted in an INVITE, for responses that list them. */
export const sessionTypes = {
  Accept: "application/sdp, multipart/mixed, multipart/alternative",
  "Accept-Encoding": "identity",
} as const;

/**
 * Why a call ended. The log line, the metric and the SIP response use the same name, so that an operator finds it
 * everywhere.
 */
export const endCauses = {
  // Refused before any media resource was taken
  "unknown-source": refusal(403, "Forbidden"),
  "unknown-number": refusal(404, "Not Found"),
  "plain-rtp": refusal(488, "Not Acceptable Here", { Warning: '399 einwahl "SRTP with SDES keys is required"' }),
  "unusable-offer": refusal(488, "Not Acceptable Here", { Warning: '305 einwahl "No usable codec or cipher suite"' }),
  /** `Require` lists an unsupported extension; the response lists it in `Unsupported` (RFC 3261 section 8.2.2.3). */
  "bad-extension": refusal(420, "Bad Extension"),
  /** Contact is missing or unusable as the target of in-dialog requests (RFC 3261 section 8.1.1.8). */
  "bad-contact": refusal(400, "Missing or Unusable Contact"),
  /** A required part of a multipart body is not supported (RFC 3261 section 21.4.13). */
  "unsupported-body": refusal(415, "Unsupported Media Type", sessionTypes),
  "too-many-calls": refusal(503, "Service Unavailable", { "Retry-After": "10" }),
  /** The media servers, or einwahl itself, have too much to do for one more call now. */
  overloaded: refusal(503, "Service Unavailable", { "Retry-After": "5" }),
  /** The trunk's own limit, its number of channels. */
  "trunk-busy": refusal(486, "Busy Here"),
  /** The limit of calls from this number, or of calls without a usable number on this trunk. */
  "number-busy": refusal(486, "Busy Here"),
  "withheld-busy": refusal(486, "Busy Here"),
  draining: refusal(503, "Service Unavailable", { "Retry-After": "60" }),
  /** Wrong PINs of this number, or of the trunk's withheld callers. 6xx: the peer must not try another instance (RFC 3261 section 21.6). */
  "too-many-wrong-pins": refusal(603, "Decline", { "Retry-After": "600" }),
  "media-unavailable": breakdown(503, "Service Unavailable", { "Retry-After": "30" }),

  // The caller left
  cancelled: { result: "caller", sip: { status: 487, reason: "Request Terminated", headers: {} }, q850: 16 },
  "caller-hung-up": { result: "caller", q850: 16 },

  // The PIN dialogue failed
  "too-many-tries": { result: "dialogue", q850: 16 },
  "no-input": { result: "dialogue", q850: 16 },
  /** The PIN is reserved, but its conference has not started. */
  "conference-not-started": { result: "dialogue", q850: 16 },
  /** The conference has not started, and the limit of waiting callers is reached. */
  "waiting-full": { result: "dialogue", q850: 16 },
  /** A caller without a usable number was removed from this meeting before: `calls.withheld_after_removal`. */
  "withheld-refused": { result: "dialogue", q850: 21 },
  "dialogue-too-long": { result: "dialogue", q850: 16 },

  // The conference ended, or the call reached its maximum duration
  "conference-ended": { result: "finished", q850: 16 },
  /** A moderator, or BBB itself, removed the caller from the running conference. */
  removed: { result: "finished", q850: 16 },
  "max-duration": { result: "finished", q850: 16 },

  // Something failed
  "directory-unavailable": { result: "failed", q850: 41 },
  /** The audio runs, or may run, in LiveKit, and no route leads there: no dialplan on the node, or no room in LiveKit. */
  "no-telephone-audio": { result: "failed", q850: 27 },
  "conference-refused": { result: "failed", q850: 21 },
  /** BBB's dialplan refuses callers with this name, such as Anonymous. */
  "name-refused": { result: "failed", q850: 21 },
  /** The BBB server's FreeSWITCH has no free session, also after retries. */
  "node-busy": { result: "failed", q850: 42 },
  "conference-unreachable": { result: "failed", q850: 27 },
  "media-lost": { result: "failed", q850: 102 },
  "media-server-lost": { result: "failed", q850: 41 },
  /** The media server, which works, has ended the caller's channel: an operator's command, or the end of a held leg. */
  "channel-ended": { result: "failed", q850: 41 },
  "signalling-lost": { result: "failed", q850: 41 },
  "answer-failed": breakdown(500, "Server Internal Error"),
  shutdown: {
    result: "failed",
    sip: { status: 503, reason: "Service Unavailable", headers: { "Retry-After": "10" } },
    q850: 41,
  },
  /** Left to another einwahl process, which continues the call; the report of this part goes no further than the log. */
  "handed-over": { result: "finished", q850: 16 },
  "internal-error": breakdown(500, "Server Internal Error"),
} as const satisfies Record<string, CauseFacts>;

export type EndCause = keyof typeof endCauses;

/** The final response to an INVITE that is not accepted (RFC 3261 section 21; Warning codes: section 20.43). */
export interface SipAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface CauseFacts {
  /** The result class of the metrics. */
  readonly result: "refused" | "caller" | "dialogue" | "finished" | "failed";
  /** The response if the call ends before it is answered. */
  readonly sip?: SipAnswer;
  /** The Q.850 cause in the Reason header of the BYE (RFC 3326). */
  readonly q850: number;
}

function refusal(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): CauseFacts & { readonly sip: SipAnswer } {
  return { result: "refused", sip: { status, reason, headers }, q850: 21 };
}

/** A refusal because of a failure on our side, not because of the call. */
function breakdown(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): CauseFacts & { readonly sip: SipAnswer } {
  return { ...refusal(status, reason, headers), result: "failed" };
}

/** The SIP response for a call that ends with `cause` before it is answered. */
export function answerFor(cause: EndCause): SipAnswer {
  const facts: CauseFacts = endCauses[cause];
  return facts.sip ?? { status: 480, reason: "Temporarily Unavailable", headers: {} };
}

/** The Reason header of the BYE that ends an answered call with `cause`. */
export function reasonHeaderFor(cause: EndCause): string {
  return `Q.850;cause=${endCauses[cause].q850};text="${cause}"`;
}
