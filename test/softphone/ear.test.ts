import t from "tap";

import { mixWithoutSelf } from "../../src/simulators/bbb/mixer.js";
import { Ear, type HeardTone } from "../../src/softphone/ear.js";
import { decodeG711, encodeG711 } from "../../src/softphone/rtp/g711.js";
import { ToneGenerator } from "../../src/softphone/rtp/tone.js";
import { toneLevel } from "../../src/softphone/tone-level.js";
import { speechLike } from "./speech-like.js";

const frameSamples = 160;

/** Frames of all sounds mixed and G.711-coded, as on the line. */
function line(ms: number, tones: readonly { hz: number; level: number }[], speech?: Int16Array): Int16Array[] {
  const generators = tones.map((tone) => new ToneGenerator(tone.hz, tone.level));
  return Array.from({ length: ms / 20 }, (_, index) => {
    const parts = generators.map((generator) => generator.next(frameSamples));
    if (speech !== undefined) parts.push(speech.subarray(index * frameSamples, (index + 1) * frameSamples));
    const [mix = new Int16Array(frameSamples)] = mixWithoutSelf([undefined], parts, frameSamples);
    return decodeG711("PCMA", encodeG711("PCMA", mix));
  });
}

await t.test("the level of a tone", (t) => {
  const pcm = new ToneGenerator(1000, 0.3).next(800);
  t.ok(Math.abs(toneLevel(pcm, 1000) - 0.3) < 0.005, "is its amplitude");
  t.ok(toneLevel(pcm, 1060) < 0.01);
  t.equal(toneLevel(new Int16Array(0), 1000), 0);
  t.equal(toneLevel(new Int16Array(800), 1000), 0);
  t.end();
});

await t.test("tones: the audible candidates, loudest first", (t) => {
  const ear = new Ear();
  t.strictSame(ear.tones([440]), []);
  for (const frame of line(500, [
    { hz: 440, level: 0.05 },
    { hz: 900, level: 0.2 },
  ]))
    ear.hear(frame);
  const heard = ear.tones([440, 660, 900, 1500]);
  t.strictSame(
    heard.map((tone) => tone.hz),
    [900, 440],
  );
  t.ok(Math.abs((heard[0]?.level ?? 0) - 0.2) < 0.01);
  for (const frame of line(500, [])) ear.hear(frame);
  t.strictSame(ear.tones([440, 900]), [], "not any more after half a second of silence");
  t.end();
});

await t.test("watchTone: once for a steady tone; also under speech", (t) => {
  const ear = new Ear();
  const heard: HeardTone[] = [];
  ear.watchTone(1000, (tone) => heard.push(tone));
  for (const frame of line(600, [{ hz: 800, level: 0.3 }])) ear.hear(frame);
  for (const frame of line(200, [{ hz: 1000, level: 0.3 }])) ear.hear(frame);
  for (const frame of line(400, [])) ear.hear(frame);
  t.strictSame(heard, [], "another tone and a short one are not it");
  for (const frame of line(600, [{ hz: 1000, level: 0.2 }], speechLike(600, 1, 0.1))) ear.hear(frame);
  t.equal(heard.length, 1);
  t.equal(ear.watches, 0);
  t.end();
});

await t.test("watchTone: speech is not a tone", (t) => {
  const ear = new Ear();
  const heard: HeardTone[] = [];
  for (const hz of [300, 440, 500, 1000, 1500]) ear.watchTone(hz, (tone) => heard.push(tone));
  for (const frame of line(10_000, [], speechLike(10_000, 2, 0.3))) ear.hear(frame);
  t.strictSame(heard, []);
  t.equal(ear.watches, 5);
  t.end();
});

await t.test("watchTone can be stopped", (t) => {
  const ear = new Ear();
  const stop = ear.watchTone(1000, () => t.fail("stopped"));
  stop();
  for (const frame of line(600, [{ hz: 1000, level: 0.3 }])) ear.hear(frame);
  t.equal(ear.watches, 0);
  t.end();
});

await t.test("watchSound: detects speech, ignores known tones and their edges", (t) => {
  const ear = new Ear();
  let sounds = 0;
  ear.watchSound({ except: [440, 1000] }, () => sounds++);
  for (let turn = 0; turn < 4; turn++) {
    for (const frame of line(400, [
      { hz: 1000, level: 0.3 },
      { hz: 440, level: 0.1 },
    ]))
      ear.hear(frame);
    for (const frame of line(200, [])) ear.hear(frame);
  }
  t.equal(sounds, 0);
  for (const frame of line(1000, [{ hz: 1000, level: 0.1 }], speechLike(1000, 3, 0.3))) ear.hear(frame);
  t.equal(sounds, 1);
  t.end();
});
