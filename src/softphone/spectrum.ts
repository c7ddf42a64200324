/** Power spectra of short stretches of sound: Hann window and a radix-2 FFT with preallocated buffers. */
export class Spectrum {
  /** Samples per spectrum, a power of two. */
  readonly size: number;
  readonly #window: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #reversed: Uint32Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  constructor(size: number) {
    const bits = Math.log2(size);
    if (!Number.isInteger(bits) || bits < 1) throw new RangeError(`size ${size} is not a power of two`);
    this.size = size;
    this.#window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
    this.#cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sin = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / size));
    this.#reversed = Uint32Array.from({ length: size }, (_, i) => {
      let reversed = 0;
      for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
      return reversed;
    });
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
  }

  /** Fills `power` (size / 2 values, bin k = k x rate / size) from `size` samples at `at`; missing samples are silence. */
  powerInto(power: Float64Array, pcm: Int16Array, at: number): void {
    const { size } = this;
    const re = this.#re;
    const im = this.#im;
    for (let i = 0; i < size; i++) {
      const from = this.#reversed[i] ?? 0;
      re[i] = (pcm[at + from] ?? 0) * (this.#window[from] ?? 0);
      im[i] = 0;
    }
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) this.#butterfly(start + k, start + k + half, k * stride);
      }
    }
    for (let bin = 0; bin < size / 2; bin++) power[bin] = (re[bin] ?? 0) ** 2 + (im[bin] ?? 0) ** 2;
  }

  #butterfly(even: number, odd: number, turn: number): void {
    const re = this.#re;
    const im = this.#im;
    const cos = this.#cos[turn] ?? 0;
    const sin = this.#sin[turn] ?? 0;
    const oddRe = re[odd] ?? 0;
    const oddIm = im[odd] ?? 0;
    const turnedRe = oddRe * cos - oddIm * sin;
    const turnedIm = oddRe * sin + oddIm * cos;
    const evenRe = re[even] ?? 0;
    const evenIm = im[even] ?? 0;
    re[even] = evenRe + turnedRe;
    im[even] = evenIm + turnedIm;
    re[odd] = evenRe - turnedRe;
    im[odd] = evenIm - turnedIm;
  }
}
