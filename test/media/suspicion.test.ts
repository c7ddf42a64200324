import t from "tap";

import { Suspicion } from "../../src/media/suspicion.js";
import { FakeClock, settle } from "../support/fake-clock.js";

await t.test("lasts until the end of a probe that began after it", (t) => {
  const suspicion = new Suspicion();
  const before = suspicion.probing();
  t.equal(suspicion.raise(), "new");
  t.equal(suspicion.raise(), "known");
  before();
  t.ok(suspicion.isOn, "the probe may have been answered before the loss");
  suspicion.probing()();
  t.notOk(suspicion.isOn);
  t.equal(suspicion.raise(), "new");
  t.end();
});

await t.test("interrupts what is in progress", async (t) => {
  const suspicion = new Suspicion();
  const opening = suspicion.unlessRaised(new Promise<string>(() => undefined));
  t.equal(await suspicion.unlessRaised(Promise.resolve("opened")), "opened");
  suspicion.raise();
  t.equal(await opening, undefined);
});

await t.test("can be waited for, for a limited time", async (t) => {
  const clock = new FakeClock();
  const suspicion = new Suspicion();
  await suspicion.settled(clock, 1_000);
  suspicion.raise();
  const settled: string[] = [];
  const wait = (name: string, ms: number): void => {
    suspicion.settled(clock, ms).then(
      () => settled.push(name),
      (error: unknown) => settled.push(String(error)),
    );
  };
  wait("short", 100);
  wait("long", 10_000);
  await clock.advance(100);
  t.strictSame(settled, ["short"]);
  suspicion.probing()();
  await settle();
  t.strictSame(settled, ["short", "long"]);
  t.equal(clock.pending, 0);
});
