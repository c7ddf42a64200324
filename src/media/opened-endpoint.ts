import { forgetMessages } from "../sip/forget-caller.js";
import type { SrfLike } from "../sip/srf.js";
import { MediaEndpoint } from "./endpoint.js";
import type { FsmrfEndpoint } from "./fsmrf.js";

/** The endpoint of a channel that drachtio-fsmrf has just opened; takes the parameters of `MediaEndpoint`. */
export function openedEndpoint(...parameters: ConstructorParameters<typeof MediaEndpoint>): MediaEndpoint {
  const [raw, { srf }] = parameters;
  const endpoint = new MediaEndpoint(...parameters);
  forgetOpening(raw, srf);
  return endpoint;
}

/**
 * Erases what drachtio-fsmrf keeps of the opening of a channel, 30 kB for as long as the call lasts: all variables of the
 * channel, two session descriptions, and the INVITE with its 200.
 */
function forgetOpening(raw: FsmrfEndpoint, srf: SrfLike): void {
  raw.conn?.forgetVariables();
  raw.local.sdp = "";
  if (raw.remote !== undefined) raw.remote.sdp = "";
  forgetMessages(srf, raw.dialog);
}
