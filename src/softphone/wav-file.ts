import { type FileHandle, open } from "node:fs/promises";

import { failure, type Result, success } from "../util/result.js";
import { sampleRate } from "./rtp/tone.js";
import { wavHeader, wavSamples } from "./rtp/wav.js";

/** Samples buffered before a write: one second. */
const writeSamples = sampleRate;
const headerBytes = wavHeader(0).length;
/** Maximum length of a recording: 12 h, 691 MB. */
const maxSamples = 12 * 60 * 60 * sampleRate;

/**
 * A WAV file that grows while a call is recorded: 8 kHz, mono, 16 bit. Each second the samples are written first and the
 * header after them, so that the file stays playable even if the process is killed.
 */
export class WavFile {
  readonly #file: FileHandle;
  #collected: Int16Array[] = [];
  #collectedSamples = 0;
  #written = 0;
  #fault: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Replaces an existing file; mode 0600. The failure is the system's error code, such as ENOENT. */
  static async create(path: string): Promise<Result<WavFile, string>> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, "w", 0o600);
      await file.write(wavHeader(0), 0, headerBytes, 0);
      return success(new WavFile(file));
    } catch (error) {
      await file?.close();
      return failure(codeOf(error));
    }
  }

  /** Milliseconds of sound so far, written or buffered. */
  get durationMs(): number {
    return ((this.#written + this.#collectedSamples) * 1_000) / sampleRate;
  }

  add(frame: Int16Array): void {
    if (this.#fault !== undefined || this.#written + this.#collectedSamples + frame.length > maxSamples) return;
    this.#collected.push(frame);
    this.#collectedSamples += frame.length;
    if (this.#collectedSamples >= writeSamples) this.#flush();
  }

  /** Writes the rest. The failure is the system's code of the first error, such as ENOSPC. */
  async close(): Promise<Result<void, string>> {
    this.#flush();
    await this.#writing;
    try {
      await this.#file.close();
    } catch (error) {
      this.#fault ??= codeOf(error);
    }
    return this.#fault === undefined ? success(undefined) : failure(this.#fault);
  }

  #flush(): void {
    const samples = Buffer.concat(this.#collected.splice(0).map(wavSamples));
    const at = headerBytes + this.#written * 2;
    this.#written += this.#collectedSamples;
    this.#collectedSamples = 0;
    const header = wavHeader(this.#written);
    this.#writing = this.#writing.then(() => this.#write(samples, at, header));
  }

  async #write(samples: Buffer, at: number, header: Buffer): Promise<void> {
    if (this.#fault !== undefined || samples.length === 0) return;
    try {
      const { bytesWritten } = await this.#file.write(samples, 0, samples.length, at);
      // The header never announces more samples than the file has.
      if (bytesWritten < samples.length) this.#fault = "ENOSPC";
      else await this.#file.write(header, 0, header.length, 0);
    } catch (error) {
      this.#fault = codeOf(error);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
