import type { CallContext, Ended } from "./context.js";
import type { AudioBridge, Conference } from "./interfaces.js";

/** How long the store may take, in milliseconds; then only what this instance remembers counts. */
const storeTimeoutMs = 1_000;

/** What carries the meeting's audio, as far as anything is known of it; `undefined`: the node has to be asked. */
export type KnownAudio = AudioBridge | undefined;

/** A webhook counts most, then what was found out before, also by another instance or before a restart, then the configuration. */
export async function knownAudio(
  { scope, services }: CallContext,
  { audio, meetingId }: Conference,
): Promise<{ readonly kind: "known"; readonly audio: KnownAudio } | Ended> {
  if (audio.told !== undefined) return { kind: "known", audio: audio.told };
  const asked = await scope.within(services.audioBridges.of(meetingId), storeTimeoutMs);
  if (asked.kind === "ended") return asked;
  return { kind: "known", audio: (asked.kind === "done" ? asked.value : undefined) ?? audio.usual };
}

/** Remembers what a call has found out. */
export async function noteAudio(
  { scope, services }: CallContext,
  { meetingId }: Conference,
  audio: AudioBridge,
): Promise<void> {
  await scope.within(services.audioBridges.add(meetingId, audio), storeTimeoutMs);
}
