import type { Clock } from "../util/clock.js";
import type { Settable } from "../util/latch.js";

/** BBB answers immediately; a leg without an answer by then is ringing or its server is down. Milliseconds. */
const answerTimeoutMs = 1_000;

/**
 * Resolves when an outgoing leg may be hung up: it was answered or failed, the caller's channel is gone, or one second has
 * passed. FreeSWITCH 1.10.12 sends no BYE for a leg that is hung up after sofia's ACK but before it has processed the 200, and
 * the BBB server keeps a ghost member (sofia.c, "Channel is already hungup").
 */
export async function legDecided(decided: Settable, gone: Settable, clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    const disposables: (() => void)[] = [];
    const settle = (): void => {
      for (const dispose of disposables) dispose();
      resolve();
    };
    disposables.push(clock.after(answerTimeoutMs, settle), decided.onSet(settle), gone.onSet(settle));
  });
}
