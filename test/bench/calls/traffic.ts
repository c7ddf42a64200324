import type { CallTimes } from "./call-times.js";

export interface CallLoad {
  readonly calls: number;
  /** New calls a second. */
  readonly rate: number;
  /** From the last digit to BYE. */
  readonly talkMs: number;
}

/** Both ends of the measured calls: callers, and the conference node. What they use is in no figure. */
export interface Traffic {
  /** The node's port. */
  readonly nodePort: number;
  /** @param port the SIP port that the callers call */
  start(port: number, load: CallLoad): Promise<RunningTraffic>;
  close(): Promise<void>;
}

export interface RunningTraffic {
  /** Milliseconds from `CallTimes.audio` to the end of the last digit on the wire: its first end packet. */
  readonly lastDigitMs: number;
  /** The calls so far. */
  calls(): readonly CallTimes[];
  /** Unexpected responses and the like, by reason. */
  faults(): Readonly<Record<string, number>>;
  /** Until the last call has ended. */
  done(): Promise<void>;
  /** Ends what still runs. */
  stop(): Promise<void>;
}

/** Milliseconds from the answer to the first digit: a caller who knows the PIN interrupts the prompt. */
export const firstDigitMs = 1_500;
