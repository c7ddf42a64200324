import t from "tap";

import { Latch } from "../../src/util/latch.js";
import { sleep, within } from "../../src/util/wait.js";
import { FakeClock, settle } from "../support/fake-clock.js";

const never = new Promise<string>(() => undefined);

await t.test("sleep resolves after its duration", async (t) => {
  const clock = new FakeClock();
  let isOver = false;
  const slept = sleep(clock, 100).then(() => {
    isOver = true;
  });
  await clock.advance(99);
  t.notOk(isOver);
  await clock.advance(1);
  t.ok(isOver);
  await slept;
});

await t.test("within resolves as the promise does, and leaves no timer", async (t) => {
  const clock = new FakeClock();
  const end = new Latch<string>();
  t.equal(await within(clock, 100, Promise.resolve("value"), end), "value");
  await t.rejects(within(clock, 100, Promise.reject(new Error("broken")), end), { message: "broken" });
  t.equal(clock.pending, 0);
  t.equal(end.listenerCount, 0);
});

await t.test("within resolves with undefined after the timeout", async (t) => {
  const clock = new FakeClock();
  const end = new Latch<string>();
  const waited = within(clock, 100, never, end);
  await clock.advance(100);
  t.strictSame(await waited, undefined);
  t.equal(end.listenerCount, 0);
});

await t.test("within resolves with undefined once the end is set, and leaves no timer", async (t) => {
  const clock = new FakeClock();
  const end = new Latch<string>();
  const waited = within(clock, 100, never, end);
  end.set("stopped");
  t.strictSame(await waited, undefined);
  t.equal(clock.pending, 0);
  t.equal(await within(clock, 100, never, end), undefined, "an end that was set before");
  t.equal(clock.pending, 0);
});

await t.test("a rejection after the timeout is ignored", async (t) => {
  const clock = new FakeClock();
  let fail: (error: Error) => void = () => undefined;
  const waited = within(
    clock,
    100,
    new Promise<string>((_resolve, reject) => {
      fail = reject;
    }),
  );
  await clock.advance(100);
  t.strictSame(await waited, undefined);
  fail(new Error("too late"));
  await settle();
});
