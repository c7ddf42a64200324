/** A mono recording. */
export interface Sound {
  readonly samples: Int16Array;
  /** Samples per second. */
  readonly rate: number;
}

const headerBytes = 44;

/** Reads a mono WAV of 16-bit PCM of any rate, FreeSWITCH's recording format. */
export function readAnyWav(file: Buffer): Sound {
  const isPcm16Mono =
    file.toString("latin1", 0, 4) === "RIFF" && file.readUInt16LE(22) === 1 && file.readUInt16LE(34) === 16;
  const data = file.indexOf("data", 12, "latin1");
  if (!isPcm16Mono || data === -1) throw new Error("not a mono WAV of 16-bit PCM");
  const body = file.subarray(Math.max(headerBytes, data + 8));
  const samples = new Int16Array(Math.floor(body.length / 2));
  for (let index = 0; index < samples.length; index++) samples[index] = body.readInt16LE(2 * index);
  return { samples, rate: file.readUInt32LE(24) };
}

/** Goertzel over 100 ms windows: the maximum share (0 to 1) of the energy at `hz`. 0 for silence. */
export function greatestToneShare({ samples, rate }: Sound, hz: number): number {
  const window = Math.floor(rate / 10);
  let greatest = 0;
  for (let at = 0; at + window <= samples.length; at += window) {
    greatest = Math.max(greatest, toneShare(samples.subarray(at, at + window), hz, rate));
  }
  return greatest;
}

const quiet = 100;

function toneShare(samples: Int16Array, hz: number, rate: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let s1 = 0;
  let s2 = 0;
  let energy = 0;
  for (const sample of samples) {
    const s0 = sample + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
    energy += sample * sample;
  }
  if (Math.sqrt(energy / samples.length) < quiet) return 0;
  return Math.min(1, (2 * (s1 * s1 + s2 * s2 - coefficient * s1 * s2)) / (energy * samples.length));
}
