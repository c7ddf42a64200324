import t from "tap";

import { failure, success } from "../../src/util/result.js";
import { DirectoryBench } from "../support/directory-bench.js";
import { fakePin } from "../support/fake-directory.js";

/** An in-memory store with these PINs, for prefix checks only. */
function reservedAre(...pins: readonly string[]): {
  goesOnAfter: (digits: string) => boolean;
  askGoesOnAfter: (digits: string) => Promise<{ readonly ok: true; readonly value: boolean }>;
} {
  const goesOnAfter = (digits: string): boolean => pins.some((pin) => pin.startsWith(digits) && pin !== digits);
  return { goesOnAfter, askGoesOnAfter: async (digits) => await Promise.resolve(success(goesOnAfter(digits))) };
}

await t.test("a reserved PIN whose conference has not started", async (t) => {
  const bench = await new DirectoryBench(["11111"], ["22222"]).opened();
  const reserved = (digits: string): boolean => digits === "333333333";
  bench.rooms = {
    knows: reserved,
    ...reservedAre("333333333"),
    pinLengths: { shortest: 9, longest: 9 },
    findByPin: async (pin) =>
      await Promise.resolve(
        success(reserved(pin.reveal()) ? { meetingId: "room", pin, reservedAt: 0, validUntil: undefined } : undefined),
      ),
  };
  t.strictSame(bench.directory.matchPrefix("333333333"), { complete: true, longer: false }, "complete without #");
  t.strictSame(bench.directory.matchRunning("333333333"), { complete: false, longer: false }, "and no running one");
  t.equal(await bench.find("333333333"), "not-started");
  t.equal(await bench.find("444444444"), "unknown");
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");

  bench.api(1).says = { fault: "HTTP status 502" };
  await bench.clock.advance(11_000);
  t.equal(await bench.find("333333333", "lookUpFresh"), "not-started", "regardless of servers");
  t.equal(await bench.find("444444444", "lookUpFresh"), "unavailable");
  bench.api(1).says = ["22222", "333333333"];
  await bench.clock.advance(31_000);
  t.equal(await bench.find("333333333"), "bbb2 meeting-333333333");
  bench.directory.close();
});

await t.test("an unavailable store makes an unknown PIN unavailable", async (t) => {
  const bench = await new DirectoryBench(["11111"]).opened();
  bench.rooms = {
    knows: () => undefined,
    goesOnAfter: () => undefined,
    askGoesOnAfter: async () => await Promise.resolve(failure("unavailable")),
    pinLengths: { shortest: 5, longest: 9 },
    findByPin: async () => await Promise.resolve(failure("unavailable")),
  };
  t.equal(await bench.find("333333333"), "unavailable");
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  bench.directory.close();
});

await t.test("a reserved PIN with a running PIN as prefix counts as longer", async (t) => {
  const bench = await new DirectoryBench(["12345", "12", "98765"]).opened();
  const findByPin = async (): Promise<{ readonly ok: true; readonly value: undefined }> =>
    await Promise.resolve(success(undefined));
  const goesOn = async (digits: string): Promise<boolean> => {
    const asked = bench.directory.hasLongerPin(fakePin(digits));
    await bench.clock.advance(1_000);
    return await asked;
  };
  bench.rooms = { knows: () => false, ...reservedAre("123456789"), pinLengths: { shortest: 9, longest: 9 }, findByPin };
  t.strictSame(bench.directory.matchPrefix("12345"), { complete: true, longer: true });
  t.strictSame(bench.directory.matchPrefix("98765"), { complete: true, longer: false });
  t.strictSame([await goesOn("12345"), await goesOn("12"), await goesOn("98765")], [true, true, false]);

  // Like Redis: nothing from memory, and possibly unavailable.
  bench.rooms = { ...bench.rooms, knows: () => undefined, goesOnAfter: () => undefined };
  t.strictSame(bench.directory.matchPrefix("98765"), { complete: true, longer: true });
  t.strictSame([await goesOn("12345"), await goesOn("12"), await goesOn("98765")], [true, true, false]);
  const beginsAnother = async (digits: string): Promise<boolean> =>
    await bench.directory.beginsAnother(fakePin(digits));
  t.strictSame(
    [await beginsAnother("12345"), await beginsAnother("12"), await beginsAnother("98765")],
    [true, true, false],
  );
  bench.rooms = { ...bench.rooms, askGoesOnAfter: async () => await Promise.resolve(failure("unavailable")) };
  t.equal(await goesOn("98765"), true);
  t.equal(await beginsAnother("98765"), true);
  bench.rooms = undefined;
  t.strictSame(
    [await beginsAnother("12345"), await beginsAnother("12"), await beginsAnother("98765")],
    [false, true, false],
    "running main rooms alone",
  );
  bench.directory.close();
});
