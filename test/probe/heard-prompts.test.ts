import { readFile } from "node:fs/promises";

import t from "tap";

import { HeardPrompts } from "../../src/probe/heard-prompts.js";
import { type KnownPrompt, readPrompts } from "../../src/softphone/prompt-library.js";
import { PromptRecogniser } from "../../src/softphone/prompt-recognition.js";
import { type CodecName, decodeG711, encodeG711, frameSamples } from "../../src/softphone/rtp/g711.js";
import { readWav } from "../../src/softphone/rtp/wav.js";

const directory = "freeswitch/sounds";
const lookEveryFrames = 10;
const trailSamples = 4_000;

/** The prompts that a test call recognises in a recording after some silence, over a telephone line. */
function hear(
  prompts: readonly KnownPrompt[],
  pcm: Int16Array,
  codec: CodecName,
  leadSamples: number,
  level: number,
): readonly string[] {
  const sound = new Int16Array(leadSamples + pcm.length + trailSamples);
  sound.set(
    pcm.map((sample) => sample * level),
    leadSamples,
  );
  const line = decodeG711(codec, encodeG711(codec, sound));
  const recogniser = new PromptRecogniser(prompts);
  const heard = new HeardPrompts();
  for (let at = 0, frames = 1; at < line.length; at += frameSamples, frames++) {
    recogniser.push(line.subarray(at, at + frameSamples));
    if (frames % lookEveryFrames === 0) heard.look(recogniser.matches());
  }
  heard.look(recogniser.matches());
  return heard.all.map(({ name, language }) => `${language ?? ""}/${name}`);
}

await t.test(
  "no recording of any language is recognised as another one, during or after the playback",
  { timeout: 120_000 },
  async (t) => {
    const prompts = await readPrompts(directory);
    if (!prompts.ok) throw new Error(prompts.failure.reason);
    const spoken = prompts.value.filter(({ name }) => !name.startsWith("music/"));
    t.strictSame([...new Set(spoken.map(({ name }) => name.slice(0, 2)))], ["de", "en"]);
    t.ok(spoken.length > 40, `${spoken.length} recordings`);
    for (const { name } of spoken) {
      const wav = readWav(await readFile(`${directory}/${name}.wav`));
      if (!wav.ok) throw new Error(name);
      t.strictSame(hear(prompts.value, wav.value, "PCMA", 1_237, 1), [name], `${name}, A-law`);
      t.strictSame(hear(prompts.value, wav.value, "PCMU", 3_387, 0.3), [name], `${name}, u-law, softly`);
    }
  },
);
