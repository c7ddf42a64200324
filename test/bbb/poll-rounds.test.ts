import t from "tap";

import { DirectoryBench } from "../support/directory-bench.js";
import { fakeMeeting } from "../support/fake-bbb-api.js";
import { fakePin } from "../support/fake-directory.js";

/** Two servers whose responses are 20 MB together: 1.2 s between two rounds. */
async function large(): Promise<DirectoryBench> {
  const bench = new DirectoryBench(["11111"], ["22222"]);
  for (const api of bench.apis) api.meetingBytes = 10_000_000;
  return await bench.opened();
}

await t.test("lookups of unknown PINs share rounds, which leave time for everything else", async (t) => {
  const bench = await large();
  const before = bench.requests;
  const found: string[] = [];
  for (let at = 0; at < 1_000; at++) {
    bench.clock.after(at * 6, () => {
      bench.directory.lookUp(fakePin("33333")).then(
        ({ kind }) => found.push(kind),
        (error: unknown) => {
          t.fail(String(error));
        },
      );
    });
  }
  await bench.clock.advance(8_000);
  t.strictSame([found.length, new Set(found)], [1_000, new Set(["unknown"])]);
  // 6 s of lookups: at 0, 1.2, 2.4, 3.6, 4.8 and 6 s.
  t.strictSame(
    bench.requests.map((requests, at) => requests - (before[at] ?? 0)),
    [6, 6],
  );
  bench.directory.close();
  t.equal(bench.own.pending, 0);
});

await t.test("a lookup that waits for a round finds what began before the round", async (t) => {
  const bench = await large();
  t.equal(await bench.find("33333"), "unknown");
  await bench.clock.advance(250);
  const looked = bench.directory.lookUp(fakePin("33333"));
  const again = bench.directory.lookUpFresh(fakePin("33333"));
  await bench.clock.advance(500);
  bench.api(1).says = ["22222", "33333"];
  await bench.clock.advance(1_000);
  t.match([await looked, await again], [{ kind: "open" }, { kind: "open" }]);
  bench.directory.close();
});

await t.test("known PINs never wait, and the check for a longer one is left out instead", async (t) => {
  const bench = await large();
  t.equal(await bench.find("33333"), "unknown");
  await bench.clock.advance(250);
  const { requests } = bench.api(0);
  const longer = bench.directory.hasLongerPin(fakePin("11111"));
  await bench.clock.advance(0);
  t.equal(await longer, false);
  t.match(await bench.directory.lookUp(fakePin("11111")), { kind: "open" });
  t.equal(bench.api(0).requests, requests);
  await bench.clock.advance(1_500);
  const asked = bench.directory.hasLongerPin(fakePin("11111"));
  await bench.clock.advance(50);
  t.equal(await asked, false);
  t.equal(bench.api(0).requests, requests + 1);
  bench.directory.close();
});

await t.test("callers with known PINs poll the meeting's server once a second at most", async (t) => {
  const bench = await new DirectoryBench(["11111"], ["22222"]).opened();
  const before = bench.requests;
  for (let calls = 0; calls < 30; calls++) {
    const asked = bench.directory.hasLongerPin(fakePin("11111"));
    await bench.clock.advance(100);
    t.equal(await asked, false);
  }
  t.strictSame(
    bench.requests.map((requests, at) => requests - (before[at] ?? 0)),
    [3, 0],
  );
  bench.api(0).says = ["11111", "111112"];
  await bench.clock.advance(1_000);
  const asked = bench.directory.hasLongerPin(fakePin("11111"));
  await bench.clock.advance(100);
  t.equal(await asked, true, "a meeting that began a second ago");
  bench.directory.close();
});

await t.test("closed while a lookup waits: it ends, no timer remains", async (t) => {
  const bench = await large();
  await bench.find("33333");
  await bench.clock.advance(250);
  const looked = bench.directory.lookUp(fakePin("33333"));
  await bench.clock.advance(0);
  bench.directory.close();
  t.equal((await looked).kind, "unknown");
  t.equal(bench.own.pending, 0);
});

await t.test("a poll for a lookup replaces the next regular one", async (t) => {
  const bench = await new DirectoryBench(["11111"]).opened();
  // The interval is 10 s, and the second regular poll is 5 s after the first.
  await bench.clock.advance(3_500);
  const before = bench.api(0).requests;
  await bench.find("33333");
  t.equal(bench.api(0).requests, before + 1);
  await bench.clock.advance(8_000);
  t.equal(bench.api(0).requests, before + 1, "none at 5 s");
  await bench.clock.advance(2_500);
  t.equal(bench.api(0).requests, before + 2, "10 s after the lookup");
  bench.directory.close();
});

await t.test("a prefix of main rooms only, whatever becomes of a meeting", async (t) => {
  const bench = new DirectoryBench(["12345", fakeMeeting("1234501", { parentId: "meeting-12345" })]);
  await bench.opened();
  const begins = async (digits: string): Promise<boolean> => await bench.directory.beginsAnother(fakePin(digits));
  t.strictSame([await begins("123"), await begins("12345")], [true, false], "a breakout room does not count");
  t.equal(bench.directory.matchRunning("12345").longer, true);
  bench.api(0).says = ["12345", "1234501"];
  await bench.clock.advance(11_000);
  t.equal(await begins("12345"), true, "now the PIN of a main room");
  bench.api(0).says = ["12345", fakeMeeting("1234501", { parentId: "meeting-12345" })];
  await bench.clock.advance(11_000);
  t.equal(await begins("12345"), false, "a breakout room again");
  bench.api(0).says = [];
  await bench.clock.advance(11_000);
  t.strictSame([await begins("123"), bench.directory.matchRunning("1").longer], [false, false]);
  bench.directory.close();
});
