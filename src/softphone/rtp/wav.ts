import { failure, type Result, success } from "../../util/result.js";
import { decodeG711 } from "./g711.js";
import { sampleRate } from "./tone.js";

export type WavFailure =
  { readonly kind: "notWav" | "truncated" } | { readonly kind: "unsupported"; readonly detail: string };

const pcmFormat = 1;
const aLaw = 6;
const muLaw = 7;
const extensible = 0xfffe;
const headerBytes = 44;

/** Reads a RIFF/WAVE file: 8 kHz, mono, 16-bit pcmFormat or G.711. Other formats are rejected; no resampling. */
export function readWav(file: Buffer): Result<Int16Array, WavFailure> {
  if (file.length < 12 || file.toString("latin1", 0, 4) !== "RIFF" || file.toString("latin1", 8, 12) !== "WAVE") {
    return failure({ kind: "notWav" });
  }
  let format: number | undefined;
  // Each iteration advances by at least a chunk header: the file's length bounds the loop.
  for (let at = 12; at + 8 <= file.length;) {
    const id = file.toString("latin1", at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + length);
    if (id === "fmt ") {
      if (body.length < 16) return failure({ kind: "truncated" });
      const read = readFormat(body);
      if (!read.ok) return read;
      format = read.value;
    } else if (id === "data") {
      if (format === undefined) return failure({ kind: "truncated" });
      return success(decode(format, body));
    }
    at += 8 + length + (length % 2);
  }
  return failure({ kind: "truncated" });
}

function readFormat(body: Buffer): Result<number, WavFailure> {
  const tag = body.readUInt16LE(0);
  const format = tag === extensible && body.length >= 26 ? body.readUInt16LE(24) : tag;
  const channels = body.readUInt16LE(2);
  const rate = body.readUInt32LE(4);
  const bits = body.readUInt16LE(14);
  const known = (format === pcmFormat && bits === 16) || ((format === aLaw || format === muLaw) && bits === 8);
  if (!known || channels !== 1 || rate !== sampleRate) {
    return failure({ kind: "unsupported", detail: `format ${format}, ${bits} bit, ${channels} channels, ${rate} Hz` });
  }
  return success(format);
}

function decode(format: number, data: Buffer): Int16Array {
  if (format === aLaw) return decodeG711("PCMA", data);
  if (format === muLaw) return decodeG711("PCMU", data);
  const pcm = new Int16Array(data.length >> 1);
  for (let i = 0; i < pcm.length; i++) pcm[i] = data.readInt16LE(i * 2);
  return pcm;
}

/** The header of a WAV file of 8 kHz, mono, 16-bit pcmFormat. */
export function wavHeader(samples: number): Buffer {
  const bytes = samples * 2;
  const header = Buffer.alloc(headerBytes);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(headerBytes - 8 + bytes, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(pcmFormat, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(bytes, 40);
  return header;
}

/** Samples in the byte order of a WAV file. */
export function wavSamples(pcm: Int16Array): Buffer {
  const bytes = Buffer.alloc(pcm.length * 2);
  pcm.forEach((sample, i) => bytes.writeInt16LE(sample, i * 2));
  return bytes;
}

/** A complete WAV file: 8 kHz, mono, 16-bit pcmFormat. */
export function writeWav(pcm: Int16Array): Buffer {
  return Buffer.concat([wavHeader(pcm.length), wavSamples(pcm)]);
}
