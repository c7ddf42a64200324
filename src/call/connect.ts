import type { CallScope } from "./call-scope.js";
import type { EndCause } from "./cause.js";
import type { CallServices } from "./context.js";
import type { Admitted, CallerEndpoint, IncomingCall, Turn } from "./interfaces.js";
import type { CallResources } from "./resources.js";
import type { CallSettings } from "./settings.js";

export interface ConnectContext {
  readonly scope: CallScope;
  readonly resources: CallResources;
  readonly services: CallServices;
  readonly settings: CallSettings;
  readonly turn: Turn;
}

/** The caller's leg is up on a media server, or the call has ended. */
export type Connected =
  | { readonly kind: "connected"; readonly endpoint: CallerEndpoint }
  | { readonly kind: "ended"; readonly cause: EndCause };

/** Opens a channel on a media server and answers the call with it. */
export async function connect(call: IncomingCall, admitted: Admitted, context: ConnectContext): Promise<Connected> {
  const connected =
    call.offer === "none" ? await offerFirst(call, admitted, context) : await answerOffer(call, admitted, context);
  return isUnencrypted(connected, admitted) ? ended("plain-rtp") : connected;
}

/** The usual case: the INVITE has the offer, the 200 the answer. */
async function answerOffer(
  call: IncomingCall,
  admitted: Admitted,
  { scope, resources, services, settings, turn }: ConnectContext,
): Promise<Connected> {
  const opening = services.media.openEndpoint(call.mediaOffer, admitted.srtp, turn);
  resources.opening = opening;
  const opened = await scope.within(opening, settings.channelTimeoutMs);
  if (opened.kind === "ended") return opened;
  if (opened.kind === "late") return ended("media-unavailable");
  if (!opened.value.ok) return ended(opened.value.failure);
  const endpoint = opened.value.value;
  // Checked before the 200: an unencrypted call is not even answered.
  if (isUnencrypted({ kind: "connected", endpoint }, admitted)) return ended("plain-rtp");

  resources.accepting = call.accept(endpoint.sdp, endpoint);
  const accepted = await scope.within(resources.accepting, settings.acceptTimeoutMs);
  if (accepted.kind === "ended") return accepted;
  if (accepted.kind === "late") return ended("answer-failed");
  return accepted.value.ok ? { kind: "connected", endpoint } : ended(accepted.value.failure);
}

/** An INVITE without SDP: the 200 has the offer, the ACK the answer. */
async function offerFirst(
  call: IncomingCall,
  admitted: Admitted,
  { scope, resources, services, settings, turn }: ConnectContext,
): Promise<Connected> {
  const opening = services.media.openOffer(admitted.srtp, turn);
  resources.opening = opening;
  const opened = await scope.within(opening, settings.channelTimeoutMs);
  if (opened.kind === "ended") return opened;
  if (opened.kind === "late") return ended("media-unavailable");
  if (!opened.value.ok) return ended(opened.value.failure);
  const offering = opened.value.value;

  const accepting = call.acceptOffering(offering.offer);
  resources.accepting = accepting;
  const accepted = await scope.within(accepting, settings.acceptTimeoutMs);
  if (accepted.kind === "ended") return accepted;
  if (accepted.kind === "late") return ended("answer-failed");
  if (!accepted.value.ok) return ended(accepted.value.failure);

  const answered = await scope.within(accepted.value.value.answer, settings.acceptTimeoutMs);
  if (answered.kind === "ended") return answered;
  if (answered.kind === "late") return ended("answer-failed");
  const completed = await scope.within(offering.complete(answered.value), settings.channelTimeoutMs);
  if (completed.kind === "ended") return completed;
  if (completed.kind === "late") return ended("media-unavailable");
  if (!completed.value.ok) return ended(completed.value.failure);
  call.attach(completed.value.value);
  return { kind: "connected", endpoint: completed.value.value };
}

/** Whether the leg would be unencrypted although the trunk requires SRTP. */
function isUnencrypted(connected: Connected, admitted: Admitted): boolean {
  return connected.kind === "connected" && admitted.srtp === "mandatory" && connected.endpoint.suite === undefined;
}

function ended(cause: EndCause): Connected {
  return { kind: "ended", cause };
}
