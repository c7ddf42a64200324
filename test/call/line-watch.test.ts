import t from "tap";

import type { EndCause } from "../../src/call/cause.js";
import type { Presence } from "../../src/call/interfaces.js";
import { LineWatch } from "../../src/call/line-watch.js";
import { Latch } from "../../src/util/latch.js";
import { FakeClock } from "../support/fake-clock.js";

/** A call whose RTP stops after `rtpMs`; what its side says when it is asked, the last one for ever. */
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

await t.test("nobody asks while RTP comes", async (t) => {
  const { clock, asked } = watched({ rtpMs: 60_000, says: ["unreachable"] });
  await clock.advance(60_000);
  t.strictSame(asked, []);
});

await t.test("RTP stops and the caller can't be reached: the call is over within 12 s", async (t) => {
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

await t.test("the carrier is away for a moment: the call goes on, and is asked again from the start", async (t) => {
  const { clock, gone, asked } = watched({ says: ["unreachable", "unreachable", "there"] });
  await clock.advance(15_000);
  t.notOk(gone.isSet);
  t.equal(asked.length, 4);
});

await t.test("RTP comes back between two questions: what was missed before does not count", async (t) => {
  const { clock, gone, speak } = watched({ rtpMs: 2_000, says: ["unreachable"] });
  await clock.advance(8_000);
  speak(11_000);
  await clock.advance(6_000);
  t.notOk(gone.isSet);
});

await t.test("a caller who is there but silent is asked less and less often", async (t) => {
  const { clock, gone, asked } = watched({ says: ["there"] });
  await clock.advance(300_000);
  t.notOk(gone.isSet);
  t.ok(asked.length <= 13, String(asked.length));
});

await t.test("on hold RTP says nothing: it takes as long as a request is repeated", async (t) => {
  const { clock, gone } = watched({ isOnHold: true, says: ["unreachable"] });
  await clock.advance(30_000);
  t.notOk(gone.isSet);
  await clock.advance(10_000);
  t.equal(gone.value, "signalling-lost");
});

await t.test("not connected to drachtio: that says nothing about the caller", async (t) => {
  const { clock, gone } = watched({ says: ["unknown"] });
  await clock.advance(120_000);
  t.notOk(gone.isSet);
});

await t.test("stopped: no timer is left", async (t) => {
  const { clock, watch, asked } = watched({ says: ["there"] });
  watch.stop();
  await clock.advance(60_000);
  t.strictSame({ asked, pending: clock.pending }, { asked: [], pending: 0 });
});
