/** Hang-up causes with FreeSWITCH's names and numbers (ITU-T Q.850 below 128, FreeSWITCH's own above). */
const causes = {
  NONE: 0,
  UNALLOCATED_NUMBER: 1,
  NO_ROUTE_TRANSIT_NET: 2,
  NO_ROUTE_DESTINATION: 3,
  CHANNEL_UNACCEPTABLE: 6,
  CALL_AWARDED_DELIVERED: 7,
  NORMAL_CLEARING: 16,
  USER_BUSY: 17,
  NO_USER_RESPONSE: 18,
  NO_ANSWER: 19,
  SUBSCRIBER_ABSENT: 20,
  CALL_REJECTED: 21,
  NUMBER_CHANGED: 22,
  REDIRECTION_TO_NEW_DESTINATION: 23,
  EXCHANGE_ROUTING_ERROR: 25,
  DESTINATION_OUT_OF_ORDER: 27,
  INVALID_NUMBER_FORMAT: 28,
  FACILITY_REJECTED: 29,
  RESPONSE_TO_STATUS_ENQUIRY: 30,
  NORMAL_UNSPECIFIED: 31,
  NORMAL_CIRCUIT_CONGESTION: 34,
  NETWORK_OUT_OF_ORDER: 38,
  NORMAL_TEMPORARY_FAILURE: 41,
  SWITCH_CONGESTION: 42,
  ACCESS_INFO_DISCARDED: 43,
  REQUESTED_CHAN_UNAVAIL: 44,
  PRE_EMPTED: 45,
  FACILITY_NOT_SUBSCRIBED: 50,
  OUTGOING_CALL_BARRED: 52,
  INCOMING_CALL_BARRED: 54,
  BEARERCAPABILITY_NOTAUTH: 57,
  BEARERCAPABILITY_NOTAVAIL: 58,
  SERVICE_UNAVAILABLE: 63,
  BEARERCAPABILITY_NOTIMPL: 65,
  CHAN_NOT_IMPLEMENTED: 66,
  FACILITY_NOT_IMPLEMENTED: 69,
  SERVICE_NOT_IMPLEMENTED: 79,
  INVALID_CALL_REFERENCE: 81,
  INCOMPATIBLE_DESTINATION: 88,
  INVALID_MSG_UNSPECIFIED: 95,
  MANDATORY_IE_MISSING: 96,
  MESSAGE_TYPE_NONEXIST: 97,
  WRONG_MESSAGE: 98,
  IE_NONEXIST: 99,
  INVALID_IE_CONTENTS: 100,
  WRONG_CALL_STATE: 101,
  RECOVERY_ON_TIMER_EXPIRE: 102,
  MANDATORY_IE_LENGTH_ERROR: 103,
  PROTOCOL_ERROR: 111,
  INTERWORKING: 127,
  SUCCESS: 142,
  ORIGINATOR_CANCEL: 487,
  CRASH: 700,
  SYSTEM_SHUTDOWN: 701,
  LOSE_RACE: 702,
  MANAGER_REQUEST: 703,
  BLIND_TRANSFER: 800,
  ATTENDED_TRANSFER: 801,
  ALLOTTED_TIMEOUT: 802,
  USER_CHALLENGE: 803,
  MEDIA_TIMEOUT: 804,
  PICKED_OFF: 805,
  USER_NOT_REGISTERED: 806,
  PROGRESS_TIMEOUT: 807,
  INVALID_GATEWAY: 808,
  GATEWAY_DOWN: 809,
  INVALID_URL: 810,
  INVALID_PROFILE: 811,
  NO_PICKUP: 812,
  SRTP_READ_ERROR: 813,
  BOWOUT: 814,
  BUSY_EVERYWHERE: 815,
  DECLINE: 816,
  DOES_NOT_EXIST_ANYWHERE: 817,
  NOT_ACCEPTABLE: 818,
  UNWANTED: 819,
  NO_IDENTITY: 820,
  BAD_IDENTITY_INFO: 821,
  UNSUPPORTED_CERTIFICATE: 822,
  INVALID_IDENTITY: 823,
  STALE_DATE: 824,
  REJECT_ALL: 825,
} as const;

export type HangupCause = keyof typeof causes;

const byNumber: ReadonlyMap<number, HangupCause> = new Map(
  Object.keys(causes)
    .filter(isHangupCause)
    .map((name) => [causes[name], name]),
);

export function isHangupCause(name: string): name is HangupCause {
  return Object.hasOwn(causes, name);
}

export function causeNumber(cause: HangupCause): number {
  return causes[cause];
}

/** Parses a name (case-insensitive) or number, as hangup and uuid_kill do; as in FreeSWITCH, others become NORMAL_CLEARING. */
export function parseCause(text: string): HangupCause {
  const upper = text.trim().toUpperCase();
  if (isHangupCause(upper)) return upper;
  const number = /^\d{1,3}$/.test(upper) ? byNumber.get(Number(upper)) : undefined;
  return number ?? "NORMAL_CLEARING";
}

const fromSip: ReadonlyMap<number, HangupCause> = new Map([
  [200, "NORMAL_CLEARING"],
  [400, "NORMAL_TEMPORARY_FAILURE"],
  [401, "CALL_REJECTED"],
  [402, "CALL_REJECTED"],
  [403, "CALL_REJECTED"],
  [404, "UNALLOCATED_NUMBER"],
  [405, "SERVICE_UNAVAILABLE"],
  [406, "SERVICE_NOT_IMPLEMENTED"],
  [407, "CALL_REJECTED"],
  [408, "RECOVERY_ON_TIMER_EXPIRE"],
  [410, "NUMBER_CHANGED"],
  [413, "INTERWORKING"],
  [414, "INTERWORKING"],
  [415, "SERVICE_NOT_IMPLEMENTED"],
  [416, "INTERWORKING"],
  [420, "INTERWORKING"],
  [421, "INTERWORKING"],
  [423, "INTERWORKING"],
  [480, "NO_USER_RESPONSE"],
  [481, "NORMAL_TEMPORARY_FAILURE"],
  [482, "EXCHANGE_ROUTING_ERROR"],
  [483, "EXCHANGE_ROUTING_ERROR"],
  [484, "INVALID_NUMBER_FORMAT"],
  [485, "NO_ROUTE_DESTINATION"],
  [486, "USER_BUSY"],
  [487, "ORIGINATOR_CANCEL"],
  [488, "INCOMPATIBLE_DESTINATION"],
  [500, "NORMAL_TEMPORARY_FAILURE"],
  [501, "SERVICE_NOT_IMPLEMENTED"],
  [502, "NETWORK_OUT_OF_ORDER"],
  [503, "NORMAL_TEMPORARY_FAILURE"],
  [504, "RECOVERY_ON_TIMER_EXPIRE"],
  [505, "INTERWORKING"],
  [513, "INTERWORKING"],
  [600, "USER_BUSY"],
  [603, "CALL_REJECTED"],
  [604, "NO_ROUTE_DESTINATION"],
  [606, "INCOMPATIBLE_DESTINATION"],
  [607, "UNWANTED"],
  [608, "CALL_REJECTED"],
]);

/** mod_sofia's mapping of a final response. */
export function causeOfSipStatus(status: number): HangupCause {
  return fromSip.get(status) ?? "NORMAL_UNSPECIFIED";
}

/** The Q.850 cause of a Reason header (RFC 3326), which takes precedence over the SIP status. */
export function causeOfReason(header: string | undefined): HangupCause | undefined {
  const number = /\bQ\.850\s*;(?:[^,]*;)?\s*cause\s*=\s*(\d{1,3})/i.exec(header ?? "")?.[1];
  return number === undefined ? undefined : byNumber.get(Number(number));
}

/** The Reason header that mod_sofia puts into BYE and CANCEL. */
export function reasonHeader(cause: HangupCause): string {
  const number = causeNumber(cause);
  return `${number < 128 ? "Q.850" : "SIP"};cause=${number};text="${cause}"`;
}
