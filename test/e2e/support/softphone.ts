import { ToneGenerator } from "../../../src/softphone/rtp/tone.js";
import { writeWav } from "../../../src/softphone/rtp/wav.js";

/** How a call that was not established ended: `488 Not Acceptable Here`, or the softphone's own text. */
export interface Refusal {
  readonly status: number | undefined;
  readonly text: string;
}

const secondsOfSound = 240;

/** The file that a softphone plays as its microphone: a tone in Hz, or silence. Longer than any test's call. */
export function sourceWav(hz: number | undefined): Buffer {
  const samples = secondsOfSound * 8000;
  return writeWav(hz === undefined ? new Int16Array(samples) : new ToneGenerator(hz).next(samples));
}
