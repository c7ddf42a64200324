import t from "tap";

import { DtmfBuffer } from "../../src/call/dtmf-buffer.js";
import { CallHarness, someSettings } from "../support/call-harness.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeConference } from "../support/fake-directory.js";
import { mulberry32, type Random } from "../support/fake-random.js";

const calls = 300;

/** Valid and invalid DTMF reports. */
const texts = [
  "0",
  "1",
  "2",
  "3",
  "4",
  "5",
  "6",
  "7",
  "8",
  "9",
  "*",
  "#",
  "#",
  "*",
  "A",
  "d",
  "",
  "12",
  "-1",
  "1\r\n",
  "${x}",
  "٣",
  "𝟙",
  " 1",
  "[object Object]",
];

function randomText(random: Random): string {
  return texts[Math.floor(random() * texts.length)] ?? "";
}

await t.test(
  "random keys at random times: nothing throws, only digits are looked up, at most as many PINs as there are tries",
  async (t) => {
    const faults: string[] = [];
    const causes = new Set<string>();
    for (let seed = 1; seed <= calls; seed++) {
      const random = mulberry32(seed);
      const tries = 1 + Math.floor(random() * 4);
      const world = new CallHarness({
        typing: [],
        promptMs: Math.floor(random() * 4_000),
        lookUpMs: Math.floor(random() * 7_000),
        conferences: [fakeConference("54321"), fakeConference("7"), fakeConference("71")].slice(
          0,
          Math.floor(random() * 4),
        ),
        lookups: random() < 0.2 ? [{ kind: "unavailable" }, { kind: "unknown" }] : [],
        settings: { ...someSettings, pin: { ...someSettings.pin, tries } },
      });
      world.begin();
      await world.clock.advance(50);
      // Some callers know their PIN: random keys use up the tries soon.
      if (random() < 0.3) world.press("54321#");
      const presses = Math.floor(random() * 150);
      for (let press = 0; press < presses && world.report === undefined; press++) {
        for (let burst = random() < 0.1 ? 100 : 1; burst > 0; burst--) world.endpoint.dtmf.press(randomText(random));
        await world.clock.advance(random() < 0.05 ? 9_000 : Math.floor(random() * 900));
      }
      const report = await world.finish();
      causes.add(report.cause);
      const digits = [...world.directory.found, ...world.directory.foundAgain];
      if (!digits.every((each) => /^[0-9]{1,11}$/.test(each))) faults.push(`seed ${seed}: looked up something else`);
      // A PIN that leads to a conference takes no try.
      if (report.pinsTyped > tries + report.joins)
        faults.push(`seed ${seed}: ${report.pinsTyped} PINs with ${tries} tries`);
      if (report.pinsTyped < world.directory.found.length)
        faults.push(`seed ${seed}: ${report.pinsTyped} PINs in the report, ${world.directory.found.length} looked up`);
      for (const left of await world.leftovers()) faults.push(`seed ${seed}: ${left}`);
    }
    t.strictSame(faults, []);
    for (const cause of ["conference-ended", "too-many-tries", "no-input"])
      t.ok(causes.has(cause), `${cause} was among the outcomes`);
  },
);

await t.test("the DTMF buffer accepts only 0-9, * and #", (t) => {
  const buffer = new DtmfBuffer(new FakeClock());
  for (const text of texts) buffer.press(text);
  const taken: string[] = [];
  for (let key = buffer.take(); key !== undefined; key = buffer.take()) taken.push(key);
  t.strictSame(taken, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "#", "*"]);
  t.end();
});

await t.test("the DTMF buffer: in order, bounded, cleared", async (t) => {
  const buffer = new DtmfBuffer(new FakeClock());
  for (let at = 0; at < 1_000; at++) buffer.press(String(at % 10));
  for (let at = 0; at < 64; at++) t.equal(buffer.take(), String(at % 10));
  t.equal(buffer.take(), undefined);
  buffer.press("1");
  buffer.clear();
  t.equal(buffer.take(), undefined);

  let arrivals = 0;
  const count = (): void => {
    arrivals += 1;
  };
  const waits = [buffer.arrival().then(count), buffer.arrival().then(count)];
  await Promise.resolve();
  t.equal(arrivals, 0);
  buffer.press("A");
  buffer.press("2");
  await Promise.all(waits);
  t.equal(arrivals, 2);
  await buffer.arrival();
  t.equal(buffer.take(), "2");
});
