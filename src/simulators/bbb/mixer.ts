const LOUDEST = 32767;
const LOUDEST_NEGATIVE = -32768;

/**
 * What each member of a conference hears in one frame: everybody but itself, saturated at 16 bits.
 *
 * @param members one frame of each member, undefined for one that sends nothing (or is muted)
 * @param everybody frames that all members hear, for example of people in the browser
 * @param samples samples of a frame; a shorter frame counts as followed by silence
 */
export function mixWithoutSelf(
  members: readonly (Int16Array | undefined)[],
  everybody: readonly Int16Array[],
  samples: number,
): Int16Array[] {
  const total = new Int32Array(samples);
  for (const frame of [...members, ...everybody]) {
    if (frame === undefined) continue;
    for (let i = 0; i < samples; i++) total[i] = (total[i] ?? 0) + (frame[i] ?? 0);
  }
  return members.map((own) => {
    const heard = new Int16Array(samples);
    for (let i = 0; i < samples; i++) {
      const sum = (total[i] ?? 0) - (own?.[i] ?? 0);
      heard[i] = Math.min(LOUDEST, Math.max(LOUDEST_NEGATIVE, sum));
    }
    return heard;
  });
}
