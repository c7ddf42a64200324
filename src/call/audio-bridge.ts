import type { CallContext, Ended } from "./context.js";
import type { AudioBridge, Conference } from "./interfaces.js";

/** Timeout for the store, in milliseconds; after it only this instance's memory counts. */
const storeTimeoutMs = 1_000;

/** The meeting's audio bridge, if known; `undefined`: it must be found out by joining. */
export type KnownAudio = AudioBridge | undefined;

/** Precedence: a webhook, then earlier calls (also of other instances or before a restart), then the configured default. */
export async function knownAudio(
  { scope, services }: CallContext,
  { audio, meetingId }: Conference,
): Promise<{ readonly kind: "known"; readonly audio: KnownAudio } | Ended> {
  if (audio.told !== undefined) return { kind: "known", audio: audio.told };
  const asked = await scope.within(services.audioBridges.of(meetingId), storeTimeoutMs);
  if (asked.kind === "ended") return asked;
  return { kind: "known", audio: (asked.kind === "done" ? asked.value : undefined) ?? audio.usual };
}

/** Stores the audio bridge that a call has found. */
export async function noteAudio(
  { scope, services }: CallContext,
  { meetingId }: Conference,
  audio: AudioBridge,
): Promise<void> {
  await scope.within(services.audioBridges.add(meetingId, audio), storeTimeoutMs);
}
