/** Deterministic random numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Speech-like sound: syllables of 80 to 260 ms, voiced (a gliding pitch under two resonances) or noise, with pauses.
 * The same seed gives the same sound, so two of these can share a beginning.
 *
 * @param level amplitude, 0 to 1
 */
export function speechLike(ms: number, seed: number, level: number): Int16Array {
  const random = seeded(seed);
  const pcm = new Int16Array(ms * 8);
  let at = 0;
  while (at < pcm.length) {
    const samples = Math.round((80 + random() * 180) * 8);
    const syllable = random() < 0.75 ? voiced(samples, random) : noise(samples, random);
    for (let i = 0; i < samples && at + i < pcm.length; i++) {
      const edge = Math.min(1, i / 160, (samples - i) / 160);
      pcm[at + i] = Math.round(32767 * level * edge * (syllable[i] ?? 0));
    }
    at += samples + (random() < 0.3 ? Math.round(random() * 150 * 8) : 0);
  }
  return pcm;
}

function voiced(samples: number, random: () => number): Float64Array {
  const sound = new Float64Array(samples);
  const pitch = 90 + random() * 60;
  const glide = (random() - 0.5) * 0.4;
  const formants = [300 + random() * 500, 900 + random() * 1500];
  let phase = 0;
  for (let i = 0; i < samples; i++) {
    phase += (2 * Math.PI * pitch * (1 + (glide * i) / samples)) / 8000;
    let sum = 0;
    for (let harmonic = 1; harmonic <= 20; harmonic++) {
      const hz = harmonic * pitch;
      const gain = formants.reduce((most, formant) => Math.max(most, 1 / (1 + ((hz - formant) / 120) ** 2)), 0);
      sum += gain * Math.sin(harmonic * phase);
    }
    sound[i] = sum / 4;
  }
  return sound;
}

function noise(samples: number, random: () => number): Float64Array {
  const sound = new Float64Array(samples);
  const smooth = random() * 0.9;
  let last = 0;
  for (let i = 0; i < samples; i++) {
    last = smooth * last + (1 - smooth) * (random() * 2 - 1);
    sound[i] = last;
  }
  return sound;
}
