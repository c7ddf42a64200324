import { createHash } from "node:crypto";

/** A caller as LiveKit shows it to all participants. */
export interface LiveKitParticipant {
  readonly identity: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly metadata: string;
}

/** `livekit.sip.dispatch.options` of bbb-webrtc-sfu, the part that concerns a caller. */
export interface DispatchOptions {
  readonly hidePhoneNumber: boolean;
}

/** What livekit-sip reads from the INVITE. It ignores the display name and an asserted identity. */
export interface LiveKitCall {
  readonly fromUser: string;
  readonly fromHost: string;
  readonly toUser: string;
  /** LiveKit's call id, `SCL_...`: also the tag in To. */
  readonly callId: string;
  readonly sipCallId: string;
  readonly fromTag: string;
  readonly trunkId: string;
  readonly ruleId: string;
}

const shownDigits = 4;
const hashBytes = 8;

/** livekit/protocol `sip/sip.go`, EvaluateDispatchRule. @param metadata of the rule: bbb-webrtc-sfu sets it to the room's */
export function participantOf(
  call: LiveKitCall,
  { hidePhoneNumber }: DispatchOptions,
  metadata: string,
): LiveKitParticipant {
  const { fromUser } = call;
  const common = {
    "sip.callID": call.callId,
    "sip.trunkID": call.trunkId,
    "sip.ruleID": call.ruleId,
    "sip.callIDFull": call.sipCallId,
    "sip.callStatus": "active",
    "sip.callTag": call.fromTag,
  };
  if (!hidePhoneNumber) {
    const number = { "sip.phoneNumber": fromUser, "sip.hostname": call.fromHost, "sip.trunkPhoneNumber": call.toUser };
    return { identity: `sip_${fromUser}`, name: `Phone ${fromUser}`, attributes: { ...common, ...number }, metadata };
  }
  const hash = createHash("sha256").update(fromUser).digest().subarray(0, hashBytes).toString("hex");
  const shown = fromUser.slice(fromUser.length <= shownDigits ? -1 : -shownDigits);
  return { identity: `sip_${hash}`, name: `Phone ${shown}`, attributes: common, metadata };
}

/** The name that BBB shows, without the prefix `Phone ` (BBB #24262). */
export function shownName({ name }: Pick<LiveKitParticipant, "name">): string {
  return name.replace(/^Phone /, "");
}
