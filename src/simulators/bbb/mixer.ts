const loudest = 32767;
const loudestNegative = -32768;

/**
 * The mix for each member in one frame: all others, saturated at 16 bits.
 *
 * @param members one frame per member, undefined if it sends nothing (or is muted)
 * @param everybody frames mixed for all members, for example from web users
 * @param samples samples per frame; shorter frames are padded with silence
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
      heard[i] = Math.min(loudest, Math.max(loudestNegative, sum));
    }
    return heard;
  });
}
