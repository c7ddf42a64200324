import { sampleRate } from "./rtp/tone.js";
import { Spectrum } from "./spectrum.js";

const window = 512;
const lowestHz = 200;
const highestHz = 3400;
const bitCount = 32;
/** A bit compares a frame with the one this far before it: shorter than a syllable, longer than a step of either grid. */
const lagSamples = 320;
/** As a share of the strongest band; G.711's quantisation noise is lower. */
const leastDifference = 1e-3;

/**
 * 32 bits for each hop of sound, after Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System"
 * (2002): each bit says whether the difference of two neighbouring frequency bands grew or shrank. The volume does not matter,
 * and G.711 changes few bits, so the same recording played over a telephone gives nearly the same bits.
 */
export class Fingerprinter {
  /** Samples from one frame to the next. */
  readonly hop: number;
  readonly #spectrum = new Spectrum(window);
  readonly #edges: readonly number[];
  readonly #lag: number;
  readonly #power = new Float64Array(window / 2);
  #bits = new Uint32Array(1024);
  #certain = new Uint32Array(1024);
  #energies = new Float64Array(1024);
  #length = 0;
  #bands: Float64Array[] = [];
  #pending = new Int16Array(0);

  /** @param hop a divisor of 320 */
  constructor(hop: number) {
    this.hop = hop;
    this.#lag = lagSamples / hop;
    const ratio = (highestHz / lowestHz) ** (1 / (bitCount + 1));
    this.#edges = Array.from({ length: bitCount + 2 }, (_, i) => (lowestHz * ratio ** i * window) / sampleRate);
  }

  /** Number of frames. Frame n covers 64 ms from sample n x hop. */
  get length(): number {
    return this.#length;
  }

  bits(frame: number): number {
    return this.#bits[frame] ?? 0;
  }

  /** Mask of the significant bits: in an empty band a bit is random. */
  certain(frame: number): number {
    return this.#certain[frame] ?? 0;
  }

  /** Energy of the frame in the telephone band; 0 for the first 40 ms, which have no earlier frame to compare with. */
  energy(frame: number): number {
    return this.#energies[frame] ?? 0;
  }

  push(pcm: Int16Array): void {
    const all = new Int16Array(this.#pending.length + pcm.length);
    all.set(this.#pending);
    all.set(pcm, this.#pending.length);
    let at = 0;
    for (; at + window <= all.length; at += this.hop) this.#frame(all, at);
    this.#pending = all.slice(at);
  }

  #frame(pcm: Int16Array, at: number): void {
    this.#spectrum.powerInto(this.#power, pcm, at);
    const bands = this.#bandEnergies();
    const before = this.#bands[0];
    this.#bands.push(bands);
    if (this.#bands.length > this.#lag) this.#bands.shift();
    let bits = 0;
    let certain = 0;
    let energy = 0;
    if (before !== undefined && this.#length >= this.#lag) {
      const least = leastDifference * Math.max(...bands, ...before);
      for (let band = 0; band < bitCount; band++) {
        const now = (bands[band] ?? 0) - (bands[band + 1] ?? 0);
        const then = (before[band] ?? 0) - (before[band + 1] ?? 0);
        if (now > then) bits |= 1 << band;
        if (Math.abs(now - then) > least) certain |= 1 << band;
      }
      energy = bands.reduce((sum, each) => sum + each, 0);
    }
    this.#append(bits >>> 0, certain >>> 0, energy);
  }

  /** Energies of 33 bands evenly spaced on a perceptual scale; a bin across a band edge counts proportionally for both. */
  #bandEnergies(): Float64Array {
    const bands = new Float64Array(bitCount + 1);
    for (let band = 0; band <= bitCount; band++) {
      const from = this.#edges[band] ?? 0;
      const to = this.#edges[band + 1] ?? 0;
      let sum = 0;
      for (let bin = Math.floor(from); bin < to; bin++) {
        sum += (this.#power[bin] ?? 0) * (Math.min(to, bin + 1) - Math.max(from, bin));
      }
      bands[band] = sum / (to - from);
    }
    return bands;
  }

  #append(bits: number, certain: number, energy: number): void {
    if (this.#length === this.#bits.length) {
      this.#bits = grown(this.#bits, new Uint32Array(this.#length * 2));
      this.#certain = grown(this.#certain, new Uint32Array(this.#length * 2));
      this.#energies = grown(this.#energies, new Float64Array(this.#length * 2));
    }
    this.#bits[this.#length] = bits;
    this.#certain[this.#length] = certain;
    this.#energies[this.#length] = energy;
    this.#length += 1;
  }
}

function grown<List extends Uint32Array | Float64Array>(before: List, after: List): List {
  after.set(before);
  return after;
}

/** Ones in 32 bits. */
export function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  bits = (bits + (bits >>> 4)) & 0x0f0f0f0f;
  return Math.imul(bits, 0x01010101) >>> 24;
}
