import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import t from "tap";
import { parse } from "yaml";

import { promptNames } from "../../src/call/prompts.js";
import { languages } from "../../src/caller/language.js";

// Tests run from the root of the package.
const texts = "freeswitch/prompts";
const sounds = "freeswitch/sounds";

interface WaveFormat {
  readonly format: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
  readonly samples: Int16Array;
}

/** Iterates over the chunks of a RIFF file; throws if it is not one. */
function readWave(path: string): WaveFormat {
  const file = readFileSync(path);
  if (file.toString("latin1", 0, 4) !== "RIFF" || file.toString("latin1", 8, 12) !== "WAVE")
    throw new Error(`${path} is no WAV file`);
  if (file.readUInt32LE(4) !== file.length - 8) throw new Error(`${path} has the wrong length in its header`);
  let format: Buffer | undefined;
  for (let at = 12; at + 8 <= file.length;) {
    const size = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, at + 8 + size);
    if (body.length !== size) throw new Error(`${path} is cut off`);
    const name = file.toString("latin1", at, at + 4);
    if (name === "fmt ") format = body;
    if (name === "data" && format !== undefined) {
      return {
        format: format.readUInt16LE(0),
        channels: format.readUInt16LE(2),
        sampleRate: format.readUInt32LE(4),
        bits: format.readUInt16LE(14),
        samples: new Int16Array(Uint8Array.from(body).buffer),
      };
    }
    at += 8 + size + (size % 2);
  }
  throw new Error(`${path} has no sound`);
}

function entries(path: string): readonly string[] {
  return readdirSync(path).sort();
}

await t.test("each language has exactly the texts of all prompts", (t) => {
  for (const language of languages) {
    const content: unknown = parse(readFileSync(join(texts, `${language}.yaml`), "utf8"));
    if (typeof content !== "object" || content === null) throw new Error(`${language}.yaml is no map`);
    t.same(Object.keys(content).sort(), [...promptNames].sort(), language);
    for (const [name, text] of Object.entries(content))
      t.ok(typeof text === "string" && text.trim().length > 3, `${language}/${name}`);
  }
  t.end();
});

await t.test("the script reads the texts like a YAML parser", (t) => {
  const listed = execFileSync("bash", [join(texts, "build.sh"), "--list"], { encoding: "utf8" })
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  const expected = languages.flatMap((language) => {
    const content = parse(readFileSync(join(texts, `${language}.yaml`), "utf8")) as Record<string, string>;
    return Object.entries(content).map(([name, text]) => [language, name, text]);
  });
  t.same(listed, expected);
  t.end();
});

await t.test("each language has exactly the recordings of all prompts, in telephony format", (t) => {
  t.same(entries(sounds), [...languages, "music"].sort());
  t.same(entries(join(sounds, "music")), ["hold.wav"]);
  for (const language of languages) {
    t.same(entries(join(sounds, language)), promptNames.map((name) => `${name}.wav`).sort(), language);
  }
  const paths = [
    ...languages.flatMap((language) => promptNames.map((name) => join(sounds, language, `${name}.wav`))),
    join(sounds, "music/hold.wav"),
  ];
  for (const path of paths) {
    const { samples, ...format } = readWave(path);
    t.same(format, { format: 1, channels: 1, sampleRate: 8000, bits: 16 }, path);
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    t.ok(loudest > 3000 && loudest < 32767, `${path} can be heard and is not clipped`);
  }
  t.end();
});

await t.test("each prompt takes less than six seconds", (t) => {
  for (const language of languages) {
    for (const name of promptNames) {
      const seconds = readWave(join(sounds, language, `${name}.wav`)).samples.length / 8000;
      t.ok(seconds > 0.4 && seconds < 6, `${language}/${name}`);
    }
  }
  t.end();
});

await t.test("the music begins and ends in silence, so it can be looped", (t) => {
  const { samples } = readWave(join(sounds, "music/hold.wav"));
  t.ok(samples.length >= 10 * 8000);
  for (const edge of [samples.slice(0, 8), samples.slice(-8)]) t.ok(edge.every((sample) => Math.abs(sample) < 200));
  t.end();
});

await t.test("all recordings together stay under 2.5 MB", (t) => {
  const bytes = [...languages, "music"].flatMap((folder) =>
    entries(join(sounds, folder)).map((file) => statSync(join(sounds, folder, file)).size),
  );
  t.ok(bytes.reduce((sum, size) => sum + size, 0) < 2_500_000);
  t.end();
});
