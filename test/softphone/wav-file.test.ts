import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import t from "tap";

import { ToneGenerator, toneShare } from "../../src/softphone/rtp/tone.js";
import { readWav } from "../../src/softphone/rtp/wav.js";
import { WavFile } from "../../src/softphone/wav-file.js";

const frameSamples = 160;

/** The file on disk once its header announces this many samples. */
async function onDisk(path: string, samples: number): Promise<Int16Array> {
  for (let look = 0; look < 1_000; look++) {
    const wav = readWav(await readFile(path));
    if (wav.ok && wav.value.length >= samples) return wav.value;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`never ${samples} samples`);
}

await t.test("an unclosed recording is playable up to its last second", async (t) => {
  const path = join(t.testdir(), "call.wav");
  const created = await WavFile.create(path);
  if (!created.ok) throw new Error(created.failure);
  const file = created.value;
  t.match(readWav(await readFile(path)), { ok: true, value: { length: 0 } }, "right from the beginning");
  t.equal((await stat(path)).mode & 0o777, 0o600, "others can't listen");

  const tone = new ToneGenerator(800);
  for (let frame = 0; frame < 125; frame++) file.add(tone.next());
  t.equal(file.durationMs, 2_500);
  const interrupted = await onDisk(path, 16_000);
  t.equal(interrupted.length, 16_000, "two whole seconds");
  t.ok(toneShare(interrupted.subarray(0, 8_000), 800) > 0.99);

  t.same(await file.close(), { ok: true, value: undefined });
  const whole = await onDisk(path, 125 * frameSamples);
  t.equal(whole.length, 125 * frameSamples);
  t.equal((await stat(path)).size, 44 + 2 * 125 * frameSamples);
  t.ok(toneShare(whole.subarray(16_000), 800) > 0.99);
});

await t.test("an unwritable path", async (t) => {
  t.same(await WavFile.create(join(t.testdir(), "no", "such", "folder.wav")), { ok: false, failure: "ENOENT" });
});

await t.test("a full disk", { skip: await hasNoFullDevice() }, async (t) => {
  const created = await WavFile.create("/dev/full");
  t.same(created, { ok: false, failure: "ENOSPC" });
});

async function hasNoFullDevice(): Promise<string | false> {
  try {
    await (await open("/dev/full", "r")).close();
    return false;
  } catch {
    return "no /dev/full";
  }
}
