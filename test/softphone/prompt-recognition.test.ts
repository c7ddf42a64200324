import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import t, { type Test } from "tap";

import { knownPrompt, readPrompts } from "../../src/softphone/prompt-library.js";
import { type PromptMatch, PromptRecogniser, whichPrompt } from "../../src/softphone/prompt-recognition.js";
import { type CodecName, decodeG711, encodeG711 } from "../../src/softphone/rtp/g711.js";
import { ToneGenerator } from "../../src/softphone/rtp/tone.js";
import { readWav, writeWav } from "../../src/softphone/rtp/wav.js";
import { seeded, speechLike } from "./speech-like.js";

const ms = (milliseconds: number): number => milliseconds * 8;
const silence = (milliseconds: number): Int16Array => new Int16Array(ms(milliseconds));

function joined(...parts: Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** As recorded by a phone: quieter, G.711, some noise, not aligned to frames. */
function overTheLine(pcm: Int16Array, codec: CodecName = "PCMA", volume = 0.6): Int16Array {
  const random = seeded(99);
  return decodeG711(
    codec,
    encodeG711(
      codec,
      pcm.map((sample) => sample * volume + (random() - 0.5) * 60),
    ),
  );
}

/** A decaying note. */
function plucked(hz: number): Int16Array {
  return new ToneGenerator(hz, 0.4).next(ms(350)).map((sample, i) => sample * Math.exp(-i / 900));
}

const common = speechLike(1500, 10, 0.3);
const prompts: Readonly<Record<string, Int16Array>> = {
  "de/welcome": speechLike(2600, 1, 0.3),
  "de/enter-pin": speechLike(3100, 2, 0.3),
  "de/short": speechLike(700, 3, 0.3),
  "en/welcome": speechLike(2400, 4, 0.3),
  // Two with the same beginning, and two that differ only in the middle.
  "en/ended": joined(common, speechLike(800, 11, 0.3)),
  "en/unavailable": joined(common, speechLike(1300, 12, 0.3)),
  "en/two-tries": joined(common, speechLike(400, 13, 0.3), common),
  "en/one-try": joined(common, speechLike(400, 14, 0.3), common),
  "music/hold": joined(...[440, 550, 660, 880, 550, 440, 330, 660, 440, 550].map((hz) => plucked(hz))),
};

function folder(t: Test): string {
  const dir = t.testdir();
  for (const [name, pcm] of Object.entries(prompts)) {
    mkdirSync(join(dir, name, ".."), { recursive: true });
    writeFileSync(join(dir, `${name}.wav`), writeWav(pcm));
  }
  writeFileSync(join(dir, "README.txt"), "not a prompt");
  return dir;
}

const prompt = (name: string): Int16Array => prompts[name] ?? silence(0);
const names = (matches: readonly PromptMatch[]): string[] => matches.map((match) => match.name);

await t.test("each prompt is distinguished from all others, with A-law and mu-law, at any offset", async (t) => {
  const dir = folder(t);
  for (const codec of ["PCMA", "PCMU"] as const) {
    for (const [index, [name, pcm]] of Object.entries(prompts).entries()) {
      const lead = 301 + 37 * index;
      const recording = overTheLine(joined(new Int16Array(lead), pcm, silence(400)), codec);
      const matches = await whichPrompt(recording, dir);
      t.match(matches, [{ name, complete: true }], `${name} ${codec}`);
      t.equal(matches.length, 1);
      t.ok(Math.abs((matches[0]?.offsetMs ?? 0) - lead / 8) < 15, `${name} begins at ${lead / 8} ms`);
      t.ok((matches[0]?.score ?? 0) > 0.6, `score ${matches[0]?.score ?? 0}`);
    }
  }
});

await t.test("several prompts in order of time, one of them twice", async (t) => {
  const played = ["en/welcome", "de/short", "en/one-try", "de/short", "en/two-tries"];
  const recording = overTheLine(joined(...played.flatMap((name) => [silence(130), prompt(name)]), silence(300)));
  t.strictSame(names(await whichPrompt(recording, folder(t))), played);
});

await t.test("interrupted by digits", async (t) => {
  const dir = folder(t);
  const digits = new ToneGenerator(941, 0.2).next(ms(150));
  const recording = overTheLine(
    joined(
      silence(200),
      prompt("de/enter-pin").subarray(0, ms(1400)),
      digits,
      silence(200),
      prompt("de/welcome"),
      silence(100),
    ),
  );
  const [first, second] = await whichPrompt(recording, dir);
  t.match(first, { name: "de/enter-pin", complete: false, alsoPossible: [] });
  t.ok(Math.abs((first?.heardMs ?? 0) - 1400) < 250, `heard ${first?.heardMs ?? 0} of 1400 ms`);
  t.match(second, { name: "de/welcome", complete: true });

  const [alike] = await whichPrompt(overTheLine(joined(common.subarray(0, ms(1200)), silence(500))), dir);
  t.strictSame(
    [alike?.name, ...(alike?.alsoPossible ?? [])].sort(),
    ["en/ended", "en/one-try", "en/two-tries", "en/unavailable"],
    "what begins alike can't be told apart before it differs",
  );
});

await t.test("masked by a louder sound for a while", async (t) => {
  const pcm = Int16Array.from(prompt("de/enter-pin"));
  pcm.set(new ToneGenerator(1000, 0.7).next(ms(700)), ms(1000));
  t.match(await whichPrompt(overTheLine(pcm), folder(t)), [{ name: "de/enter-pin", complete: true }]);
});

await t.test("sounds that are not prompts", async (t) => {
  const dir = folder(t);
  t.strictSame(await whichPrompt(silence(5000), dir), []);
  t.strictSame(await whichPrompt(new Int16Array(0), dir), []);
  t.strictSame(await whichPrompt(overTheLine(speechLike(20_000, 77, 0.3)), dir), [], "other speech");
  t.strictSame(await whichPrompt(new ToneGenerator(1000, 0.3).next(ms(5000)), dir), [], "a test tone");
  t.strictSame(await whichPrompt(prompt("de/welcome").subarray(0, ms(250)), dir), [], "too little of it");
});

await t.test("incremental recognition", (t) => {
  const recogniser = new PromptRecogniser(Object.entries(prompts).map(([name, pcm]) => knownPrompt(name, pcm)));
  const recording = overTheLine(
    joined(silence(300), prompt("en/ended"), silence(300), prompt("de/welcome"), silence(100)),
  );
  let begun = 0;
  let whole = 0;
  for (let at = 0; at < recording.length; at += 160) {
    recogniser.push(recording.subarray(at, at + 160));
    if (begun === 0 && recogniser.heard("en/ended", 0, false) !== undefined) begun = recogniser.durationMs;
    if (whole === 0 && recogniser.heard("en/ended", 0, true) !== undefined) whole = recogniser.durationMs;
  }
  t.ok(begun > 800 && begun < 1300, `its beginning is known after ${begun} ms`);
  t.ok(whole > 2400 && whole < 2800, `the whole after ${whole} ms`);
  t.equal(recogniser.heard("en/ended", 1000, false), undefined, "not again after that");
  t.equal(recogniser.heard("en/unavailable", 0, true), undefined);
  t.equal(recogniser.heard("nonsense", 0, false), undefined);
  t.strictSame(names(recogniser.matches(1000)), ["de/welcome"]);
  t.end();
});

await t.test("an unusable folder", async (t) => {
  const dir = t.testdir({ "bad.wav": "RIFF" });
  t.match(await readPrompts(dir), { ok: false, failure: { path: join(dir, "bad.wav"), reason: "notWav" } });
  t.match(await readPrompts(join(dir, "none")), { ok: false, failure: { reason: /ENOENT/ } });
  await t.rejects(whichPrompt(silence(1), dir), /bad\.wav/);
});

await t.test("einwahl's own prompts, all of them in one recording", async (t) => {
  const dir = new URL("../../../freeswitch/sounds", import.meta.url).pathname;
  const known = await readPrompts(dir);
  if (!known.ok || known.value.length === 0) {
    t.fail(`no prompts in ${dir}`);
    return;
  }
  const recogniser = new PromptRecogniser(known.value);
  for (const { name } of known.value) {
    const wav = readWav(readFileSync(join(dir, `${name}.wav`)));
    if (wav.ok) recogniser.push(overTheLine(joined(silence(157), wav.value)));
  }
  recogniser.push(silence(200));
  t.strictSame(
    names(recogniser.matches()),
    known.value.map((each) => each.name),
  );
  t.strictSame(
    recogniser.matches().filter((match) => !match.complete),
    [],
  );
});
