import type { Application } from "./application.js";
import { bridge } from "./bridge.js";
import { playAndGetDigits } from "./play-and-get-digits.js";
import { loopPlayback, playback } from "./playback.js";
import {
  answer,
  exportVariable,
  hangup,
  multiset,
  multiunset,
  park,
  sendDtmf,
  set,
  sleep,
  transfer,
  unset,
} from "./simple.js";

/** The applications of `sendmsg execute`. record_session and similar ones are excluded: audio is never stored. */
export function makeApplications(): ReadonlyMap<string, Application> {
  return new Map<string, Application>([
    ["answer", answer],
    ["bridge", bridge],
    ["export", exportVariable],
    ["hangup", hangup],
    ["loop_playback", loopPlayback],
    ["multiset", multiset],
    ["multiunset", multiunset],
    ["park", park],
    ["play_and_get_digits", playAndGetDigits],
    ["playback", playback],
    ["send_dtmf", sendDtmf],
    ["set", set],
    ["sleep", sleep],
    ["transfer", transfer],
    ["unset", unset],
  ]);
}
