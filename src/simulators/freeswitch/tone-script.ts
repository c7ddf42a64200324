import { sampleRate } from "../../softphone/rtp/tone.js";

/** Maximum length of a script in samples: ten minutes. */
const maxSamples = 600 * sampleRate;
const maxTurns = 1000;
/** libteletone's default. */
const defaultDecibels = -7;
const fullScale = 32767;

/**
 * Renders a libteletone script: parts separated by `;`, each a setting (`v=` volume in dB, `l=` repeats the next tone, `L=`
 * repeats the whole) or tones like `%(on-ms,off-ms,hz[,hz...])`. Undefined for other text.
 */
export function renderToneScript(script: string): Int16Array | undefined {
  const chunks: Int16Array[] = [];
  let total = 0;
  let decibels = defaultDecibels;
  let repeat = 1;
  let turns = 1;
  const add = (chunk: Int16Array): boolean => {
    total += chunk.length;
    chunks.push(chunk);
    return total <= maxSamples;
  };
  for (const part of script
    .split(";")
    .map((text) => text.trim())
    .filter((text) => text !== "")) {
    const setting = /^([vlLcrdw])=(-?\d+(?:\.\d+)?)$/.exec(part);
    if (setting !== null) {
      const value = Number(setting[2]);
      if (setting[1] === "v") decibels = Math.min(0, Math.max(-63, value));
      else if (setting[1] === "l") repeat = Math.min(maxTurns, Math.max(1, value));
      else if (setting[1] === "L") turns = Math.min(maxTurns, Math.max(1, value));
      else return undefined;
      continue;
    }
    const tones = parseTones(part);
    if (tones === undefined) return undefined;
    for (const tone of tones) {
      const chunk = renderTone(tone, decibels);
      for (let turn = 0; turn < repeat; turn++) if (!add(chunk)) return undefined;
      repeat = 1;
    }
  }
  if (total * turns > maxSamples) return undefined;
  const pcm = new Int16Array(total * turns);
  let at = 0;
  for (let turn = 0; turn < turns; turn++) {
    for (const chunk of chunks) {
      pcm.set(chunk, at);
      at += chunk.length;
    }
  }
  return pcm;
}

interface Tone {
  readonly onMs: number;
  readonly offMs: number;
  readonly hz: readonly number[];
}

function parseTones(text: string): Tone[] | undefined {
  const tones: Tone[] = [];
  let rest = text;
  for (let count = 0; rest !== "" && count < maxTurns; count++) {
    const match = /^%\((\d{1,6}),(\d{1,6}),([\d.,\s]+)\)\s*/.exec(rest);
    if (match === null) return undefined;
    const hz = (match[3] ?? "").split(",").map(Number);
    if (hz.some((each) => !(each > 0 && each < sampleRate / 2))) return undefined;
    tones.push({ onMs: Number(match[1]), offMs: Number(match[2]), hz });
    rest = rest.slice(match[0].length);
  }
  return rest === "" ? tones : undefined;
}

function renderTone(tone: Tone, decibels: number): Int16Array {
  const on = Math.min(maxSamples, tone.onMs * 8);
  const pcm = new Int16Array(Math.min(maxSamples, on + tone.offMs * 8));
  // Half of full scale at 0 dB, divided by the number of frequencies, so that their sum does not clip.
  const amplitude = ((fullScale / 2) * 10 ** (decibels / 20)) / tone.hz.length;
  for (let i = 0; i < on; i++) {
    let value = 0;
    for (const hz of tone.hz) value += amplitude * Math.sin((2 * Math.PI * hz * i) / sampleRate);
    pcm[i] = Math.round(value);
  }
  return pcm;
}
