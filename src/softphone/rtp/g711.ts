import alawmulaw from "alawmulaw";

/** The narrow-band codecs of the embedded engines; both 8 kHz, one byte a sample (ITU-T G.711). */
export type CodecName = "PCMA" | "PCMU";

/** Static RTP payload types (RFC 3551 section 6). */
export const payloadTypes: Readonly<Record<CodecName, number>> = { PCMU: 0, PCMA: 8 };

/** Samples in a frame of 20 ms at 8 kHz. */
export const frameSamples = 160;

interface Tables {
  readonly decode: Int16Array;
  /** Indexed by the sample's 16 bits read as unsigned. */
  readonly encode: Uint8Array;
}

function makeTables(law: { decodeSample: (byte: number) => number; encodeSample: (sample: number) => number }): Tables {
  const decode = new Int16Array(256);
  for (let byte = 0; byte < 256; byte++) decode[byte] = law.decodeSample(byte);
  const encode = new Uint8Array(65536);
  for (let sample = -32768; sample < 32768; sample++) encode[sample & 0xffff] = law.encodeSample(sample) & 0xff;
  return { decode, encode };
}

// Constants, not state: every session reads the same 65 kB instead of computing logarithms for each sample.
const tables: Readonly<Record<CodecName, Tables>> = {
  PCMA: makeTables(alawmulaw.alaw),
  PCMU: makeTables(alawmulaw.mulaw),
};

/** Encodes 16-bit linear samples; one byte a sample. */
export function encodeG711(codec: CodecName, pcm: Int16Array): Uint8Array {
  const table = tables[codec].encode;
  const bytes = new Uint8Array(pcm.length);
  for (let i = 0; i < pcm.length; i++) bytes[i] = table[(pcm[i] ?? 0) & 0xffff] ?? 0;
  return bytes;
}

/** Decodes to 16-bit linear samples; any bytes are valid G.711. */
export function decodeG711(codec: CodecName, bytes: Uint8Array): Int16Array {
  const table = tables[codec].decode;
  const pcm = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) pcm[i] = table[bytes[i] ?? 0] ?? 0;
  return pcm;
}
