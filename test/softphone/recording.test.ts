import { readFile } from "node:fs/promises";
import { join } from "node:path";

import t from "tap";

import { PendingWaits } from "../../src/softphone/pending-waits.js";
import { Recording } from "../../src/softphone/recording.js";
import { readWav } from "../../src/softphone/rtp/wav.js";
import { systemClock } from "../../src/util/clock.js";

await t.test("recording: bounded, drops the oldest audio, keeps the call's times", async (t) => {
  const recording = new Recording(100);
  for (let i = 0; i < 10; i++) recording.add(new Int16Array(160).fill(i));
  t.equal(recording.durationMs, 200);
  t.equal(recording.droppedMs, 100);
  t.strictSame([...new Set(recording.pcm())], [5, 6, 7, 8, 9]);
  t.strictSame([...new Set(recording.pcm(160))], [8, 9]);
  t.equal(recording.pcm(500).length, 0);
  t.equal(recording.pcm(10).length, 800, "dropped audio is not returned");
  const file = join(t.testdir(), "call.wav");
  await recording.writeTo(file);
  const read = readWav(await readFile(file));
  t.strictSame(read, { ok: true, value: recording.pcm() });
});

await t.test("waits: found, found synchronously, timed out, closed", async (t) => {
  const waits = new PendingWaits(systemClock);
  let stopped = 0;
  const stop = (): void => {
    stopped++;
  };
  let found: ((value: number) => void) | undefined;
  const later = waits.until<number>(60_000, (found_) => {
    found = found_;
    return stop;
  });
  const atOnce = waits.until<number>(60_000, (found_) => {
    found_(1);
    return stop;
  });
  t.equal(await atOnce, 1);
  t.equal(stopped, 1);
  found?.(2);
  found?.(3);
  t.equal(await later, 2, "the first find counts");
  t.equal(await waits.until<number>(1, () => stop), undefined);
  const open = waits.until<number>(60_000, () => stop);
  t.equal(waits.size, 1);
  waits.close();
  t.equal(await open, undefined);
  t.equal(stopped, 4);
  t.equal(waits.size, 0);
  t.equal(await waits.until<number>(60_000, () => t.fail("closed") as never), undefined);
});
