import t from "tap";

import type { EndCause } from "../../src/call/cause.js";
import type { Presence } from "../../src/call/interfaces.js";
import { LineWatch } from "../../src/call/line-watch.js";
import { Latch } from "../../src/util/latch.js";
import { FakeClock } from "../support/fake-clock.js";

/** A call whose RTP stops after `rtpMs`, and the peer's responses to queries; the last one repeats. */
function watched({
  rtpMs = 0,
  isOnHold = false,
  says,
}: {
  rtpMs?: number;
  isOnHold?: boolean;
  says: readonly Presence[];
}): { clock: FakeClock; gone: Latch<EndCause>; asked: number[]; watch: LineWatch; speak: (ms: number) => void } {
  const clock = new FakeClock();
  const gone = new Latch<EndCause>();
  const asked: number[] = [];
  let silentFrom = rtpMs;
  const watch = new LineWatch({
    clock,
    gone,
    call: {
      isOnHold,
      askPresence: async () => {
        asked.push(clock.now());
        return await Promise.resolve(says[Math.min(asked.length, says.length) - 1] ?? "there");
      },
    },
    endpoint: {
      receivedPackets: async () => await Promise.resolve(Math.floor(Math.min(clock.now(), silentFrom) / 20)),
    },
    onBug: (error) => {
      throw error instanceof Error ? error : new Error(String(error));
    },
  });
  return {
    clock,
    gone,
    asked,
    watch,
    speak: (ms) => {
      silentFrom = ms;
    },
  };
}

await t.test("no queries while RTP arrives", async (t) => {
  const { clock, asked } = watched({ rtpMs: 60_000, says: ["unreachable"] });
  await clock.advance(60_000);
  t.strictSame(asked, []);
});

await t.test("RTP stops and the peer is unreachable: the call ends within 12 s", async (t) => {
  const { clock, gone, asked } = watched({ rtpMs: 60_000, says: ["unreachable"] });
  let endedAt = 0;
  gone.onSet(() => {
    endedAt = clock.now();
  });
  await clock.advance(90_000);
  t.equal(gone.value, "signalling-lost");
  t.ok(endedAt > 65_000 && endedAt <= 72_000, String(endedAt));
  t.ok(asked.length >= 3, "not after one question: the carrier may only be connecting again");
});

await t.test("a short outage of the carrier: the call continues, the queries start over", async (t) => {
  const { clock, gone, asked } = watched({ says: ["unreachable", "unreachable", "there"] });
  await clock.advance(15_000);
  t.notOk(gone.isSet);
  t.equal(asked.length, 4);
});

await t.test("RTP resumes between two queries: earlier missed responses don't count", async (t) => {
  const { clock, gone, speak } = watched({ rtpMs: 2_000, says: ["unreachable"] });
  await clock.advance(8_000);
  speak(11_000);
  await clock.advance(6_000);
  t.notOk(gone.isSet);
});

await t.test("a silent caller whose peer answers is queried less and less often", async (t) => {
  const { clock, gone, asked } = watched({ says: ["there"] });
  await clock.advance(300_000);
  t.notOk(gone.isSet);
  t.ok(asked.length <= 13, String(asked.length));
});

await t.test("on hold the timeout is timer F", async (t) => {
  const { clock, gone } = watched({ isOnHold: true, says: ["unreachable"] });
  await clock.advance(30_000);
  t.notOk(gone.isSet);
  await clock.advance(10_000);
  t.equal(gone.value, "signalling-lost");
});

for (const presence of ["unknown", "lost"] as const)
  await t.test(`no signalling (${presence}): the call ends with its RTP`, async (t) => {
    const { clock, gone } = watched({ rtpMs: 61_000, says: [presence] });
    let endedAt = 0;
    gone.onSet(() => {
      endedAt = clock.now();
    });
    await clock.advance(64_000);
    t.notOk(gone.isSet);
    await clock.advance(10_000);
    t.equal(gone.value, "signalling-lost");
    t.ok(endedAt >= 65_000 && endedAt <= 67_000, String(endedAt));
  });

await t.test("drachtio is away for a moment: a caller who sends no RTP stays", async (t) => {
  const { clock, gone } = watched({ says: ["unknown", "there"] });
  await clock.advance(60_000);
  t.notOk(gone.isSet);
});

await t.test("no signalling on hold: no conclusion about the caller", async (t) => {
  const { clock, gone } = watched({ isOnHold: true, says: ["lost"] });
  await clock.advance(120_000);
  t.notOk(gone.isSet);
});

await t.test("stopped: no timer remains", async (t) => {
  const { clock, watch, asked } = watched({ says: ["there"] });
  watch.stop();
  await clock.advance(60_000);
  t.strictSame({ asked, pending: clock.pending }, { asked: [], pending: 0 });
});
