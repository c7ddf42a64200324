import type { Clock } from "../util/clock.js";

/** BBB answers at once; a node that has not by then is still ringing or dead, in milliseconds. */
const answerTimeoutMs = 1_000;

/** A latch, for those to whom its value does not matter. */
export interface Settable {
  onSet(listener: () => void): () => void;
}

/**
 * Resolves when a leg that is called may be hung up: it is answered or has failed, its caller's channel is gone, or it has had a
 * second. FreeSWITCH 1.10.12 loses a leg that is hung up after sofia's ACK and before its own notice of the 200: there is no BYE,
 * and the node keeps a member (sofia.c, "Channel is already hungup").
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
