/** The bodies that einwahl takes in an INVITE, in answers that name them. */
export const sessionTypes = {
  Accept: "application/sdp, multipart/mixed, multipart/alternative",
  "Accept-Encoding": "identity",
} as const;

/**
 * Why a call ended. One name feeds the log line, the metric and the SIP answer, so that an operator
 * finds the same word everywhere.
 */
export const endCauses = {
  // Refused before any media was spent
  "unknown-source": refusal(403, "Forbidden"),
  "unknown-number": refusal(404, "Not Found"),
  "plain-rtp": refusal(488, "Not Acceptable Here", { Warning: '399 einwahl "SRTP with SDES keys is required"' }),
  "unusable-offer": refusal(488, "Not Acceptable Here", { Warning: '305 einwahl "No usable codec or cipher suite"' }),
  /** `Require` names what einwahl does not have; the answer's `Unsupported` names it, too (RFC 3261 section 8.2.2.3). */
  "bad-extension": refusal(420, "Bad Extension"),
  /** There is no Contact that requests within the dialog could go to (RFC 3261 section 8.1.1.8). */
  "bad-contact": refusal(400, "Missing or Unusable Contact"),
  /** Of several parts one has to be understood, and is not (RFC 3261 section 21.4.13). */
  "unsupported-body": refusal(415, "Unsupported Media Type", sessionTypes),
  "too-many-calls": refusal(503, "Service Unavailable", { "Retry-After": "10" }),
  /** The trunk's own limit, as on a telephone line with so many channels. */
  "trunk-busy": refusal(486, "Busy Here"),
  /** This number's own calls, or a trunk's callers without a usable number, take all the places that they may. */
  "number-busy": refusal(486, "Busy Here"),
  "withheld-busy": refusal(486, "Busy Here"),
  draining: refusal(503, "Service Unavailable", { "Retry-After": "60" }),
  /** Wrong PINs of this number, or of the trunk's withheld callers. 6xx: no other instance is to be tried (RFC 3261 section 21.6). */
  "too-many-wrong-pins": refusal(603, "Decline", { "Retry-After": "600" }),
  "media-unavailable": breakdown(503, "Service Unavailable", { "Retry-After": "30" }),

  // The caller left
  cancelled: { result: "caller", sip: { status: 487, reason: "Request Terminated", headers: {} }, q850: 16 },
  "caller-hung-up": { result: "caller", q850: 16 },

  // The PIN dialogue came to nothing
  "too-many-tries": { result: "dialogue", q850: 16 },
  "no-input": { result: "dialogue", q850: 16 },
  /** The PIN is reserved, and its conference had not begun when the caller was told so. */
  "conference-not-started": { result: "dialogue", q850: 16 },
  /** The conference has not begun, and as many callers wait as may. */
  "waiting-full": { result: "dialogue", q850: 16 },
  /** A caller without a usable number was removed from this meeting before: `calls.withheld_after_removal`. */
  "withheld-refused": { result: "dialogue", q850: 21 },
  "dialogue-too-long": { result: "dialogue", q850: 16 },

  // The conference is over, or the call has lasted long enough
  "conference-ended": { result: "finished", q850: 16 },
  /** Somebody in the conference, or BBB itself, has taken the caller out of it. */
  removed: { result: "finished", q850: 16 },
  "max-duration": { result: "finished", q850: 16 },

  // Something failed
  "directory-unavailable": { result: "failed", q850: 41 },
  /** The conference's audio runs in LiveKit, or may do so, and nothing leads there: no dialplan on the node, or no room in LiveKit. */
  "no-telephone-audio": { result: "failed", q850: 27 },
  "conference-refused": { result: "failed", q850: 21 },
  /** BBB's dialplan refuses callers with this name, such as Anonymous. */
  "name-refused": { result: "failed", q850: 21 },
  /** The BBB server's FreeSWITCH has no session free, also a little later. */
  "node-busy": { result: "failed", q850: 42 },
  "conference-unreachable": { result: "failed", q850: 27 },
  "media-lost": { result: "failed", q850: 102 },
  "media-server-lost": { result: "failed", q850: 41 },
  "signalling-lost": { result: "failed", q850: 41 },
  "answer-failed": breakdown(500, "Server Internal Error"),
  shutdown: {
    result: "failed",
    sip: { status: 503, reason: "Service Unavailable", headers: { "Retry-After": "10" } },
    q850: 41,
  },
  "internal-error": breakdown(500, "Server Internal Error"),
} as const satisfies Record<string, CauseFacts>;

export type EndCause = keyof typeof endCauses;

/** An answer that ends an INVITE which was not accepted (RFC 3261 section 21; Warning codes section 20.43). */
export interface SipAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface CauseFacts {
  /** The class that metrics count by. */
  readonly result: "refused" | "caller" | "dialogue" | "finished" | "failed";
  /** What the INVITE is answered with when the call ends before it was accepted. */
  readonly sip?: SipAnswer;
  /** The Q.850 cause in the Reason header of our BYE (RFC 3326). */
  readonly q850: number;
}

function refusal(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): CauseFacts & { readonly sip: SipAnswer } {
  return { result: "refused", sip: { status, reason, headers }, q850: 21 };
}

/** Refused because something failed, and not for what the call was. */
function breakdown(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): CauseFacts & { readonly sip: SipAnswer } {
  return { ...refusal(status, reason, headers), result: "failed" };
}

/** The SIP answer for a call that ends with `cause` before it was accepted. */
export function answerFor(cause: EndCause): SipAnswer {
  const facts: CauseFacts = endCauses[cause];
  return facts.sip ?? { status: 480, reason: "Temporarily Unavailable", headers: {} };
}

/** The Reason header of the BYE that ends an accepted call with `cause`. */
export function reasonHeaderFor(cause: EndCause): string {
  return `Q.850;cause=${endCauses[cause].q850};text="${cause}"`;
}
