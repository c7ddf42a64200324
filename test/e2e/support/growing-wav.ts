import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";

const headerBytes = 44;
const chunkBytes = 16_000;

/** Follows the WAV files that baresip's module sndfile is writing into a folder; emits PCM16 as it is written. */
export class GrowingWavs {
  readonly #folder: string;
  readonly #suffix: string;
  readonly #onStart: () => void;
  readonly #onSound: (pcm: Int16Array) => void;
  readonly #watcher: FSWatcher;
  #name: string | undefined;
  #file: FileHandle | undefined;
  #at = headerBytes;
  #odd = Buffer.alloc(0);
  #reading: Promise<void> | undefined;
  #more = false;
  #closed = false;

  /** @param suffix the end of the file names, for example `-dec.wav` */
  constructor(folder: string, suffix: string, onStart: () => void, onSound: (pcm: Int16Array) => void) {
    this.#folder = folder;
    this.#suffix = suffix;
    this.#onStart = onStart;
    this.#onSound = onSound;
    this.#watcher = watch(folder, (_event, name) => {
      if (name?.endsWith(this.#suffix) !== true || this.#closed) return;
      this.#more = true;
      this.#reading ??= this.#follow(name).finally(() => {
        this.#reading = undefined;
      });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher.close();
    await this.#reading;
    await this.#file?.close();
  }

  async #follow(name: string): Promise<void> {
    if (name !== this.#name) {
      await this.#file?.close();
      this.#file = await open(join(this.#folder, name), "r");
      this.#name = name;
      this.#at = headerBytes;
      this.#odd = Buffer.alloc(0);
      this.#onStart();
    }
    // Ends when a read returns nothing new and no event arrived meanwhile.
    while (this.#more && !this.#closed) {
      this.#more = false;
      await this.#drain();
    }
  }

  async #drain(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    const chunk = Buffer.alloc(chunkBytes);
    for (let bytes = chunkBytes; bytes > 0 && !this.#closed;) {
      bytes = (await file.read(chunk, 0, chunkBytes, this.#at)).bytesRead;
      this.#at += bytes;
      this.#deliver(Buffer.concat([this.#odd, chunk.subarray(0, bytes)]));
    }
  }

  #deliver(bytes: Buffer): void {
    const pcm = new Int16Array(bytes.length >> 1);
    for (let i = 0; i < pcm.length; i++) pcm[i] = bytes.readInt16LE(i * 2);
    this.#odd = Buffer.from(bytes.subarray(pcm.length * 2));
    if (pcm.length > 0) this.#onSound(pcm);
  }
}
