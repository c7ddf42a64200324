import t from "tap";
import { failure, success } from "../../src/result.js";
import { DirectoryBench } from "../support/directory-bench.js";

await t.test("a reserved PIN whose conference has not begun", async (t) => {
  const bench = await new DirectoryBench(["11111"], ["22222"]).opened();
  const reserved = (digits: string): boolean => digits === "333333333";
  bench.rooms = {
    knows: reserved,
    pinLengths: { shortest: 9, longest: 9 },
    findByPin: async (pin) => await Promise.resolve(success(reserved(pin.reveal()) ? { meetingId: "room", pin, reservedAt: 0, validUntil: undefined } : undefined)),
  };
  t.strictSame(bench.directory.match("333333333"), { complete: true, longer: false }, "complete without #");
  t.strictSame(bench.directory.matchRunning("333333333"), { complete: false, longer: false }, "and no running one");
  t.equal(await bench.find("333333333"), "not-started");
  t.equal(await bench.find("444444444"), "unknown");
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");

  bench.api(1).says = { fault: "HTTP status 502" };
  await bench.clock.advance(11_000);
  t.equal(await bench.find("333333333", "findAgain"), "not-started", "whoever answers");
  t.equal(await bench.find("444444444", "findAgain"), "unavailable");
  bench.api(1).says = ["22222", "333333333"];
  await bench.clock.advance(31_000);
  t.equal(await bench.find("333333333"), "bbb2 meeting-333333333");
  bench.directory.close();
});

await t.test("a store that does not answer makes an unknown PIN unavailable", async (t) => {
  const bench = await new DirectoryBench(["11111"]).opened();
  bench.rooms = { knows: () => undefined, pinLengths: { shortest: 5, longest: 9 }, findByPin: async () => await Promise.resolve(failure("unavailable")) };
  t.equal(await bench.find("333333333"), "unavailable");
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  bench.directory.close();
});
