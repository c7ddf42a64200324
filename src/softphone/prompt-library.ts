import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { failure, type Result, success } from "../util/result.js";
import { Fingerprinter } from "./fingerprint.js";
import { sampleRate } from "./rtp/tone.js";
import { readWav } from "./rtp/wav.js";

/** Samples between two frames of a known prompt. A recording has twice as many frames: the misalignment stays within 2.5 ms. */
export const promptHop = 80;

/** The fingerprint of one prompt. */
export interface KnownPrompt {
  /** Path relative to the folder, without `.wav`, with `/` as separator. */
  readonly name: string;
  readonly durationMs: number;
  /** Non-silent frames, ascending, in units of promptHop. */
  readonly frames: Uint32Array;
  /** The bits of those frames, and a mask of the significant ones. */
  readonly bits: Uint32Array;
  readonly certain: Uint32Array;
}

export interface LibraryFailure {
  readonly path: string;
  readonly reason: string;
}

const maxFiles = 1000;
const maxDepth = 4;
/** Minimum length, 0.65 s: shorter recordings, such as names of keys, also match within other prompts. */
const shortest = 0.65 * sampleRate;
/** Frames below this share of the loudest frame's energy are ignored: their bits are noise. */
const silence = 1e-3;

/** Computes the fingerprint of one prompt. */
export function knownPrompt(name: string, pcm: Int16Array): KnownPrompt {
  const print = new Fingerprinter(promptHop);
  print.push(pcm);
  let loudest = 0;
  for (let frame = 0; frame < print.length; frame++) loudest = Math.max(loudest, print.energy(frame));
  const frames: number[] = [];
  for (let frame = 0; frame < print.length; frame++) {
    if (loudest > 0 && print.energy(frame) >= silence * loudest) frames.push(frame);
  }
  return {
    name,
    durationMs: (pcm.length * 1000) / sampleRate,
    frames: Uint32Array.from(frames),
    bits: Uint32Array.from(frames, (frame) => print.bits(frame)),
    certain: Uint32Array.from(frames, (frame) => print.certain(frame)),
  };
}

/**
 * Reads the recognisable prompts of a folder (8 kHz mono WAV). Fails with the first unusable file.
 *
 * @param isWanted by its name; default all
 */
export async function readPrompts(
  dir: string,
  isWanted: (name: string) => boolean = () => true,
): Promise<Result<KnownPrompt[], LibraryFailure>> {
  const names = await wavFiles(dir, "", 0);
  if (!names.ok) return names;
  if (names.value.length > maxFiles) return failure({ path: dir, reason: `more than ${maxFiles} files` });
  const prompts: KnownPrompt[] = [];
  for (const file of names.value.sort()) {
    const name = file.replace(/\.wav$/, "");
    if (!isWanted(name)) continue;
    const path = join(dir, file);
    const wav = await contents(path);
    if (!wav.ok) return wav;
    if (wav.value.length >= shortest) prompts.push(knownPrompt(name, wav.value));
  }
  return success(prompts);
}

async function contents(path: string): Promise<Result<Int16Array, LibraryFailure>> {
  try {
    const wav = readWav(await readFile(path));
    return wav.ok
      ? wav
      : failure({ path, reason: wav.failure.kind === "unsupported" ? wav.failure.detail : wav.failure.kind });
  } catch (error) {
    return failure({ path, reason: String(error) });
  }
}

async function wavFiles(dir: string, below: string, depth: number): Promise<Result<string[], LibraryFailure>> {
  const files: string[] = [];
  try {
    for (const entry of await readdir(join(dir, below), { withFileTypes: true })) {
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && depth < maxDepth) {
        const inside = await wavFiles(dir, name, depth + 1);
        if (!inside.ok) return inside;
        files.push(...inside.value);
      } else if (entry.isFile() && name.endsWith(".wav")) files.push(name);
    }
  } catch (error) {
    return failure({ path: join(dir, below), reason: String(error) });
  }
  return success(files);
}
