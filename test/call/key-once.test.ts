import t from "tap";

import { KeyOnce } from "../../src/call/key-once.js";
import { FakeClock } from "../support/fake-clock.js";

/** `r5`: an RFC 4733 event of 100 ms has ended, `i5`: an INFO has come, `500`: milliseconds go by, `-`: telephone-event is negotiated away. */
async function count(script: string): Promise<string> {
  const clock = new FakeClock();
  const once = new KeyOnce(clock);
  let counted = "";
  for (const step of script.split(" ")) {
    const [kind = "", key = ""] = step;
    if (kind === "r" && once.inMedia(key, 100)) counted += key;
    else if (kind === "i" && once.inInfo(key)) counted += key;
    else if (kind === "-") once.withoutMedia();
    else if (/^\d+$/.test(step)) await clock.advance(Number(step));
  }
  return counted;
}

await t.test("a key counts once, by RFC 4733, by INFO or by both in either order", async (t) => {
  const rows: readonly (readonly [script: string, counted: string, what: string])[] = [
    ["r7 r3 r1 r1 r2", "73112", "RFC 4733 alone"],
    ["i7 i3 i1 i1 i2", "73112", "INFO alone"],
    ["r7 50 i7 200 r3 50 i3 200 r1 50 i1 200 r1 50 i1 200 r2 50 i2", "73112", "the event first"],
    ["i7 50 r7 200 i3 50 r3 200 i1 50 r1 200 i1 50 r1 200 i2 50 r2", "73112", "INFO first"],
    ["i7 50 r7 200 r3 50 i3 200 i1 50 r1 200 r1 50 i1 200 i2 50 r2", "73112", "now the one, now the other"],
    ["i7 i3 400 r7 i1 r3 i1 r1 i2 r1 r2", "73112", "the events two keys late"],
    ["r5 i5 150 r5 i5", "55", "55 at once, the event first"],
    ["i5 r5 150 i5 r5", "55", "55 at once, INFO first"],
    ["i5 150 i5 r5 150 r5", "55", "55 at once, both INFOs first"],
    ["r5 150 r5 i5 i5", "55", "55 at once, both events first"],
    ["i1 r1 400 i1 r1", "11", "the second 1 when the first is 0.4 s old"],
    ["i1 400 i1 400 r1 400 r1", "11", "the events later than the second press"],
    ["i5 r5 r5 r5 r5", "5555", "one INFO takes one event out, not more"],
    ["i5 2200 r5", "55", "an event much later is a press of its own"],
    ["i1 100 i2 100 r2 300 r1", "121", "the event of the first key was lost, its next press counts"],
    ["i1 100 rA 100 i2 100 r2", "12", "A counts for nothing, and shows that there are events"],
    ["r1 i1 - i2 i3", "123", "INFO counts again when telephone-event is negotiated away"],
    ["i1 - r1", "11", "and what waited for its event waits no longer"],
  ];
  for (const [script, counted, what] of rows)
    t.equal((await count(script)).replace("A", ""), counted, `${what}: ${script}`);
});

await t.test("a long press counts once: its INFO arrived at its start", async (t) => {
  const clock = new FakeClock();
  const once = new KeyOnce(clock);
  t.ok(once.inInfo("5"));
  await clock.advance(9_000);
  t.notOk(once.inMedia("5", 9_000));
  t.ok(once.inMedia("5", 100), "the next press");
});

await t.test("unlimited INFO takes bounded memory", (t) => {
  const once = new KeyOnce(new FakeClock());
  for (let press = 0; press < 100_000; press++) once.inInfo("1");
  let taken = 0;
  while (!once.inMedia("1", 100)) taken += 1;
  t.equal(taken, 64);
  t.end();
});
