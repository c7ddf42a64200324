import { parseUri, type SipRequest } from "../../../softphone/sip/index.js";

/** From and To of an INVITE, as livekit-sip reads them: users unmodified, and To instead of the Request-URI. */
export function calledParties(request: SipRequest): {
  readonly fromUser: string;
  readonly fromHost: string;
  readonly toUser: string;
  readonly sipCallId: string;
  readonly fromTag: string;
} {
  const from = parseUri(request.from.uri);
  return {
    fromUser: from?.user ?? "",
    fromHost: from?.host ?? "",
    toUser: parseUri(request.to.uri)?.user ?? "",
    sipCallId: request.callId,
    fromTag: request.fromTag,
  };
}
