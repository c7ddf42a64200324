import { frameSamples } from "./rtp/g711.js";
import type { Pacer } from "./rtp/pacer.js";
import { ToneGenerator } from "./rtp/tone.js";

const silence = new Int16Array(frameSamples);

/** The audio a phone sends: silence, a tone, or queued sound; one frame every 20 ms. */
export class Speaker {
  readonly #pacer: Pacer;
  readonly #send: (pcm: Int16Array) => void;
  #tone: ToneGenerator | undefined;
  #queue: Int16Array = new Int16Array(0);
  #played: (() => void)[] = [];
  #stop: (() => void) | undefined;

  constructor(pacer: Pacer, send: (pcm: Int16Array) => void) {
    this.#pacer = pacer;
    this.#send = send;
  }

  get running(): boolean {
    return this.#stop !== undefined;
  }

  start(): void {
    this.#stop ??= this.#pacer.every(() => {
      this.#send(this.#next());
    });
  }

  /** Stops sending, silence included. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Undefined: no tone. */
  tone(hz: number | undefined, level: number): void {
    this.#tone = hz === undefined ? undefined : new ToneGenerator(hz, level);
  }

  /** Plays sound once in place of the tone; resolves when it is sent or the call is over. */
  play(pcm: Int16Array): Promise<void> {
    const all = new Int16Array(this.#queue.length + pcm.length);
    all.set(this.#queue);
    all.set(pcm, this.#queue.length);
    this.#queue = all;
    return new Promise((resolve) => {
      this.#played.push(resolve);
    });
  }

  /** Stops and resolves pending `play` calls. */
  close(): void {
    this.stop();
    this.#queue = new Int16Array(0);
    for (const resolve of this.#played.splice(0)) resolve();
  }

  #next(): Int16Array {
    if (this.#queue.length === 0) return this.#tone?.next(frameSamples) ?? silence;
    const frame = new Int16Array(frameSamples);
    frame.set(this.#queue.subarray(0, frameSamples));
    this.#queue = this.#queue.slice(frameSamples);
    if (this.#queue.length === 0) for (const resolve of this.#played.splice(0)) resolve();
    return frame;
  }
}
