import type { CodecName } from "../../../src/softphone/rtp/g711.js";
import { MediaSession } from "../../../src/softphone/rtp/media-session.js";
import type { Pacer } from "../../../src/softphone/rtp/pacer.js";
import { ToneDetector, ToneGenerator } from "../../../src/softphone/rtp/tone.js";

export const address = "127.0.0.1";
export const codecs: readonly CodecName[] = ["PCMA", "PCMU"];
const boundMs = 5000;

/** Resolves when `check` returns true; checks with every frame of the pacer. */
export function until(pacer: Pacer, check: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = performance.now() + boundMs;
    const stop = pacer.every(() => {
      const done = check();
      if (!done && performance.now() < end) return;
      stop();
      if (done) resolve();
      else reject(new Error("did not happen in time"));
    });
  });
}

export function must<V>(result: { ok: true; value: V } | { ok: false; failure: { kind: string; detail: string } }): V {
  if (!result.ok) throw new Error(`${result.failure.kind}: ${result.failure.detail}`);
  return result.value;
}

export async function openPair(
  t: { teardown: (handler: () => Promise<void>) => unknown },
  pacer: Pacer,
): Promise<[MediaSession, MediaSession]> {
  const a = await MediaSession.open({ address, pacer });
  const b = await MediaSession.open({ address, pacer });
  t.teardown(async () => {
    await a.close();
    await b.close();
  });
  return [a, b];
}

export async function hears(pacer: Pacer, from: MediaSession, to: MediaSession, hz: number): Promise<void> {
  const tone = new ToneGenerator(hz);
  const detector = new ToneDetector(hz);
  to.onFrame = (pcm) => {
    detector.push(pcm);
  };
  const stop = pacer.every(() => {
    from.send(tone.next());
  });
  try {
    await until(pacer, () => detector.heard);
  } finally {
    stop();
  }
}
