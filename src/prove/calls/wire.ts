import type { KnownPrompt } from "../../softphone/prompt-library.js";
import { PromptRecogniser } from "../../softphone/prompt-recognition.js";
import { decodeG711, encodeG711 } from "../../softphone/rtp/g711.js";
import { ToneGenerator } from "../../softphone/rtp/tone.js";
import { clearToneLevel } from "../../softphone/tone-level.js";

/** RTP header, RFC 3550 section 5.1, without CSRCs and extensions, which neither side sends. */
const headerBytes = 12;
/** 20 ms of G.711. */
const frameBytes = 160;
/** Maximum packets kept per direction, about two minutes. */
const maxPackets = 6_000;
const windowSamples = 800;

export interface PlainReading {
  readonly packets: number;
  /** The share of time with the tone, 0 to 1. */
  readonly tone: number;
  /** Number of recognised recordings. */
  readonly prompts: number;
}

/** The datagrams of a call, as an eavesdropper would see them. */
export class Wire {
  readonly #packets: Readonly<Record<"in" | "out", Uint8Array[]>> = { in: [], out: [] };

  readonly tap = (direction: "in" | "out", datagram: Uint8Array): void => {
    const packets = this.#packets[direction];
    if (packets.length < maxPackets) packets.push(Uint8Array.from(datagram));
  };

  /** Decodes the packets as plain RTP with G.711. */
  readAsPlain(direction: "in" | "out", hz: number, prompts: readonly KnownPrompt[]): PlainReading {
    return readAsPlain(this.#packets[direction], hz, prompts);
  }
}

/** The same decoding of plain packets; it detects the tone, which proves that the test can fail. */
export function readingOfPlain(hz: number): PlainReading {
  const header = new Uint8Array(headerBytes);
  const tone = new ToneGenerator(hz);
  const packets = Array.from({ length: 50 }, () => Uint8Array.from([...header, ...encodeG711("PCMA", tone.next())]));
  return readAsPlain(packets, hz, []);
}

function readAsPlain(packets: readonly Uint8Array[], hz: number, prompts: readonly KnownPrompt[]): PlainReading {
  const audio = packets.filter((packet) => packet.length >= headerBytes + frameBytes);
  const readings = (["PCMA", "PCMU"] as const).map((codec) => {
    const recogniser = new PromptRecogniser(prompts);
    let window: number[] = [];
    let windows = 0;
    let withTone = 0;
    for (const packet of audio) {
      const pcm = decodeG711(codec, packet.subarray(headerBytes, headerBytes + frameBytes));
      recogniser.push(pcm);
      window.push(...pcm);
      if (window.length < windowSamples) continue;
      windows += 1;
      if (clearToneLevel(Int16Array.from(window), hz) > 0) withTone += 1;
      window = [];
    }
    return {
      tone: windows === 0 ? 0 : withTone / windows,
      prompts: prompts.length === 0 ? 0 : recogniser.matches().length,
    };
  });
  return {
    packets: audio.length,
    tone: Math.max(...readings.map(({ tone }) => tone)),
    prompts: Math.max(...readings.map((reading) => reading.prompts)),
  };
}
