import { sampleRate } from "./rtp/tone.js";

/**
 * The amplitude of one frequency in a stretch of sound, as a share of full scale (a sine of level 0.3 gives 0.3).
 *
 * Goertzel behind a Hann window: other frequencies count less than -31 dB as soon as they are 2 x rate / length away
 * (20 Hz for 100 ms), so several talkers and tones can be separated in a mix.
 */
export function toneLevel(pcm: Int16Array, hz: number): number {
  const length = pcm.length;
  if (length === 0) return 0;
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / sampleRate);
  const turn = (2 * Math.PI) / length;
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < length; i++) {
    const s0 = (pcm[i] ?? 0) * (0.5 - 0.5 * Math.cos(turn * i)) + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  const power = Math.max(0, s1 * s1 + s2 * s2 - coefficient * s1 * s2);
  // The window's mean is a half: amplitude = 2 * magnitude / (length / 2).
  return (4 * Math.sqrt(power)) / (length * 32767);
}

/** Minimum level of a tone, as a share of full scale (-46 dB). */
const leastLevel = 0.005;
/** Offsets at which the level must be lower than the tone; speech has energy there. */
const neighboursHz = [60, 110] as const;
const standsOut = 3;

/** The level of a tone above its neighbouring frequencies, or 0. Other test tones must be at least 150 Hz away. */
export function clearToneLevel(pcm: Int16Array, hz: number): number {
  const level = toneLevel(pcm, hz);
  if (level < leastLevel) return 0;
  for (const distance of neighboursHz) {
    for (const neighbour of [hz - distance, hz + distance]) {
      if (neighbour > 0 && neighbour < sampleRate / 2 && level < standsOut * toneLevel(pcm, neighbour)) return 0;
    }
  }
  return level;
}
