import { frameSamples } from "./g711.js";

/** Repacks audio into frames of 20 ms: phones may send packets of 10, 30 or 60 ms. */
export class Frames {
  #rest: Int16Array = new Int16Array(0);

  deliver(pcm: Int16Array, onFrame: (pcm: Int16Array) => void): void {
    if (pcm.length === frameSamples && this.#rest.length === 0) {
      onFrame(pcm);
      return;
    }
    const all = new Int16Array(this.#rest.length + pcm.length);
    all.set(this.#rest);
    all.set(pcm, this.#rest.length);
    let at = 0;
    for (; at + frameSamples <= all.length; at += frameSamples) onFrame(all.slice(at, at + frameSamples));
    this.#rest = all.slice(at);
  }
}
