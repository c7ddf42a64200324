import t from "tap";

import { DirectoryBench, inWords } from "../support/directory-bench.js";
import { fakeMeeting } from "../support/fake-bbb-api.js";
import { fakePin } from "../support/fake-directory.js";

const pollEveryMs = 10_000;

await t.test("each conference on its server, from memory", async (t) => {
  const bench = await new DirectoryBench(["11111", "00042"], ["22222"]).opened();
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  t.equal(await bench.find("22222"), "bbb2 meeting-22222");
  t.equal(await bench.find("00042"), "bbb1 meeting-00042");
  t.strictSame(bench.requests, [1, 1], "no poll for known PINs");
  t.equal(await bench.find("42"), "unknown", "leading zeros count");
  t.strictSame(bench.requests, [2, 2], "all servers polled for unknown PINs");
  t.strictSame(bench.told, ["bbb1: good", "bbb2: good"]);
  bench.directory.close();
});

await t.test("polled, and closed without a remaining timer", async (t) => {
  const bench = await new DirectoryBench(["11111"], []).opened();
  await bench.clock.advance(35_000);
  t.strictSame(bench.requests, [5, 4]);
  t.strictSame(bench.api(0).askedAt, [0, 2_550, 12_600, 22_650, 32_700]);
  t.strictSame(bench.api(1).askedAt, [0, 7_550, 17_600, 27_650], "not in step with the other");
  bench.api(1).says = ["22222"];
  await bench.clock.advance(pollEveryMs);
  t.strictSame(
    bench.directory.matchPrefix("22222"),
    { complete: true, longer: false },
    "known before anybody typed it",
  );
  bench.directory.close();
  t.equal(bench.own.pending, 0);
  const before = bench.requests;
  await bench.clock.advance(100_000);
  t.strictSame(bench.requests, before);
});

await t.test("closed during a poll: no timer remains", async (t) => {
  const bench = new DirectoryBench(["11111"]);
  const opening = bench.directory.open();
  await bench.clock.advance(10);
  bench.directory.close();
  await bench.clock.advance(100_000);
  await opening;
  t.equal(bench.own.pending, 0);
  t.strictSame(bench.requests, [1]);
});

await t.test("a conference that has just started is found at once", async (t) => {
  const bench = await new DirectoryBench([], []).opened();
  bench.api(1).says = ["22222"];
  t.equal(await bench.find("22222"), "bbb2 meeting-22222");
  bench.directory.close();
});

await t.test("100 concurrent lookups cause one poll per server and one log line", async (t) => {
  const bench = await new DirectoryBench({ fault: "HTTP status 502" }, []).opened();
  bench.api(0).says = ["33333"];
  bench.told.length = 0;
  // After this time a failed server is polled again.
  await bench.clock.advance(1_500);
  const finding = Promise.all(
    Array.from({ length: 100 }, async (_, at) =>
      inWords(await bench.directory.lookUp(fakePin(at % 2 === 0 ? "33333" : "44444"))),
    ),
  );
  await bench.clock.advance(50);
  const found = await finding;
  t.strictSame(bench.requests, [2, 2]);
  t.ok(found.every((each, at) => each === (at % 2 === 0 ? "bbb1 meeting-33333" : "unknown")));
  t.strictSame(bench.told, ["bbb1: good"]);
  bench.directory.close();
});

await t.test("lookups during a poll wait for it", async (t) => {
  const bench = await new DirectoryBench(["11111"]).opened();
  await bench.clock.advance(4_040);
  t.equal(bench.api(0).open, 0);
  await bench.clock.advance(10);
  t.equal(bench.api(0).open, 1);
  t.equal(await bench.find("99999"), "unknown");
  t.strictSame(bench.requests, [2]);
  bench.directory.close();
});

await t.test("guessing PINs causes at most five polls a second", async (t) => {
  const bench = await new DirectoryBench(["11111"], []).opened();
  bench.api(0).answerMs = bench.api(1).answerMs = 1;
  const before = bench.requests;
  for (let guess = 0; guess < 1_000; guess++) {
    const finding = bench.directory.lookUp(fakePin(String(50_000 + guess)));
    await bench.clock.advance(1);
    t.equal(inWords(await finding), "unknown");
  }
  for (const [at, requests] of bench.requests.entries())
    t.ok(requests - (before[at] ?? 0) <= 6, `${requests - (before[at] ?? 0)} questions in a second`);
  bench.directory.close();
});

await t.test("an unreachable server makes an unknown PIN unavailable, never unknown", async (t) => {
  const bench = await new DirectoryBench(["11111"], { fault: "HTTP status 502" }).opened();
  t.equal(await bench.find("99999"), "unavailable");
  t.equal(await bench.find("11111"), "bbb1 meeting-11111", "known PINs are still found");
  t.strictSame(bench.told, ["bbb1: good", "bbb2: HTTP status 502"]);
  bench.api(1).says = { fault: "no response in time" };
  await bench.clock.advance(20_000);
  bench.api(1).says = [];
  await bench.clock.advance(30_000);
  t.strictSame(bench.told.slice(2), ["bbb2: no response in time", "bbb2: good"], "each change is reported once");
  t.equal(await bench.find("99999"), "unknown");
  bench.directory.close();
});

await t.test("a hanging server does not delay lookups of conferences on other servers", async (t) => {
  const bench = await new DirectoryBench([], []).opened();
  bench.api(1).answerMs = 5_000;
  bench.api(1).says = { fault: "no response in time" };
  await bench.clock.advance(20_000);
  t.equal(bench.server(1).state.fault, "no response in time");
  bench.api(0).says = ["22222"];
  t.equal(await bench.find("22222"), "bbb1 meeting-22222", "after 50 ms");
  const begun = bench.clock.now();
  const finding = bench.directory.lookUp(fakePin("99999"));
  await bench.clock.advance(2_000);
  t.equal(inWords(await finding), "unavailable", "no lookup waits longer than two seconds for it");
  t.ok(bench.clock.now() - begun <= 2_000);
  bench.directory.close();
});

await t.test("a failed server is polled again for lookups, but not for each one", async (t) => {
  const bench = await new DirectoryBench({ fault: "HTTP status 502" }).opened();
  for (let caller = 0; caller < 40; caller++) {
    t.equal(await bench.find(String(10_000 + caller)), "unavailable");
    await bench.clock.advance(50);
  }
  t.ok((bench.requests[0] ?? 0) <= 4, `${String(bench.requests[0])} questions in 5 s`);
  bench.api(0).says = ["10000"];
  await bench.clock.advance(2_000);
  t.equal(await bench.find("10000"), "bbb1 meeting-10000");
  bench.directory.close();
});

await t.test("no server has responded yet", async (t) => {
  const bench = await new DirectoryBench({ fault: "connect ECONNREFUSED" }).opened();
  t.equal(await bench.find("11111"), "unavailable");
  t.match(bench.server(0).state, {
    fault: "connect ECONNREFUSED",
    ageMs: undefined,
    meetings: 0,
    lastAnswerMs: undefined,
    bytes: undefined,
  });
  bench.directory.close();
});

await t.test("the last known meetings are kept for 60 s, even without lookups", async (t) => {
  const bench = await new DirectoryBench(["11111"]).opened();
  bench.api(0).says = { fault: "HTTP status 502" };
  await bench.clock.advance(54_000);
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  t.strictSame(bench.directory.matchPrefix("11111"), { complete: true, longer: false });
  t.match(bench.server(0).state, { ageMs: 55_000, meetings: 1 });
  // The last poll within the minute hangs, so the timer ends it, not a response.
  bench.api(0).answerMs = 1_000_000;
  await bench.clock.advance(4_950);
  t.strictSame(bench.directory.matchPrefix("11111"), { complete: true, longer: false });
  await bench.clock.advance(50);
  t.strictSame(bench.directory.matchPrefix("11111"), { complete: false, longer: false });
  t.match(bench.server(0).state, { fault: "HTTP status 502", ageMs: 60_000, meetings: 0 });
  bench.directory.close();
});

await t.test("an ended conference is not found", async (t) => {
  const bench = await new DirectoryBench(["11111"]).opened();
  bench.api(0).says = [];
  t.equal(await bench.find("11111", "lookUpFresh"), "unknown");
  t.strictSame(bench.directory.matchPrefix("1"), { complete: false, longer: false });
  bench.directory.close();
});

await t.test("the same PIN on two servers: reported once, and the rules decide", async (t) => {
  const [first, second] = [
    fakeMeeting("11111", { meetingId: "first", isOccupied: false }),
    fakeMeeting("11111", { meetingId: "second", isOccupied: false }),
  ];
  const bench = await new DirectoryBench([first, "22222"], [second, "33333"], ["11112"]).opened();
  t.equal(await bench.find("11111"), "bbb1 first", "the first in the configuration");
  t.equal(await bench.find("11111"), "bbb1 first");
  t.strictSame(bench.clashes, [["bbb1", "bbb2"]], "once, and not for each look-up");
  t.strictSame(
    bench.servers.map(({ state }) => state.clashes),
    [1, 1, 0],
  );
  bench.api(1).says = [{ ...second, isOccupied: true }, "33333"];
  await bench.clock.advance(pollEveryMs * 2);
  t.equal(await bench.find("11111"), "bbb2 second", "the meeting is occupied");
  bench.api(0).says = [{ ...first, isOccupied: true }, "22222"];
  await bench.clock.advance(pollEveryMs * 2);
  t.equal(await bench.find("11111"), "bbb1 first", "both meetings are occupied");
  t.strictSame(bench.clashes.slice(1), [
    ["bbb2", "bbb1"],
    ["bbb1", "bbb2"],
  ]);
  bench.api(0).says = ["22222"];
  await bench.clock.advance(pollEveryMs * 2);
  t.equal(await bench.find("11111"), "bbb2 second");
  t.strictSame(
    bench.servers.map(({ state }) => state.clashes),
    [0, 0, 0],
  );
  bench.api(0).says = [first];
  await bench.clock.advance(pollEveryMs * 2);
  t.strictSame(bench.clashes.slice(3), [["bbb2", "bbb1"]], "reported again after its return");
  bench.directory.close();
});

await t.test("an unreachable server has lower precedence, and the clash is resolved", async (t) => {
  const bench = await new DirectoryBench(
    ["11111"],
    [fakeMeeting("11111", { meetingId: "other", isOccupied: false })],
  ).opened();
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  bench.api(0).says = { fault: "HTTP status 502" };
  await bench.clock.advance(pollEveryMs);
  t.equal(await bench.find("11111"), "bbb2 other");
  t.strictSame(
    bench.servers.map(({ state }) => state.clashes),
    [0, 0],
  );
  bench.api(1).says = { fault: "HTTP status 502" };
  await bench.clock.advance(pollEveryMs);
  t.equal(await bench.find("11111"), "bbb1 meeting-11111", "remembered of both");
  bench.directory.close();
});

await t.test("a breakout room has the PIN of its main room", async (t) => {
  const bench = await new DirectoryBench([
    "12345",
    fakeMeeting("123451", { parentId: "meeting-12345" }),
    fakeMeeting("999991", { parentId: "gone" }),
  ]).opened();
  const rows = [
    ["12345", undefined],
    ["123451", "12345"],
    ["999991", undefined],
  ] as const;
  for (const [digits, mainRoom] of rows) {
    const found = await bench.directory.lookUp(fakePin(digits));
    t.equal(found.kind === "open" ? found.conference.mainRoom?.reveal() : found.kind, mainRoom, digits);
  }
  bench.directory.close();
});

await t.test("whether a meeting is still open is polled again, even during a poll", async (t) => {
  const bench = await new DirectoryBench(["11111"], []).opened();
  const found = await bench.directory.lookUp(fakePin("11111"));
  t.ok(found.kind === "open");
  if (found.kind !== "open") return;
  const asked = async (): Promise<string> => {
    const asking = bench.directory.isStillOpen(found.conference);
    await bench.clock.advance(150);
    return await asking;
  };
  t.equal(await asked(), "open");
  await bench.clock.advance(300);
  const early = bench.directory.lookUp(fakePin("99999"));
  await bench.clock.advance(10);
  t.equal(bench.api(0).open, 1, "a poll sent before the end is in progress");
  bench.api(0).says = [];
  t.equal(await asked(), "over");
  await early;
  bench.api(0).says = [fakeMeeting("11111", { meetingId: "opened-anew" })];
  t.equal(await asked(), "over", "the room is open again, but that is another meeting");
  bench.api(0).says = { fault: "HTTP status 502" };
  t.equal(await asked(), "unknown");
  t.equal(
    await bench.directory.isStillOpen({ ...found.conference, node: { ...found.conference.node, name: "elsewhere" } }),
    "unknown",
  );
  bench.directory.close();
});

await t.test("a waiting caller is notified of the start of the conference within one poll", async (t) => {
  const bench = await new DirectoryBench(["11111"], []).opened();
  const heard: string[] = [];
  const stop = bench.directory.onOpened(fakePin("22222"), () => heard.push("first"));
  bench.directory.onOpened(fakePin("22222"), () => heard.push("second"));
  bench.directory.onOpened(fakePin("33333"), () => heard.push("other"));
  await bench.clock.advance(pollEveryMs * 2);
  t.strictSame(heard, []);
  stop();
  stop();
  bench.api(1).says = ["22222"];
  await bench.clock.advance(pollEveryMs + 100);
  t.strictSame(heard, ["second"]);
  await bench.clock.advance(pollEveryMs * 3);
  t.strictSame(heard, ["second"], "once, while it stays as it is");
  bench.directory.close();
});

await t.test("prefix checks ask the stores that know the PINs", async (t) => {
  const bench = await new DirectoryBench(["12345"], []).opened();
  const asking = async (): Promise<boolean> => {
    const asked = bench.directory.hasLongerPin(fakePin("12345"));
    await bench.clock.advance(1_000);
    return await asked;
  };
  t.equal(await asking(), false);
  t.strictSame(bench.requests, [2, 1]);
  bench.api(0).says = ["12345", "123451"];
  t.equal(await asking(), true);
  bench.directory.close();
});

await t.test("a conference moved from a dead server is found on the other", async (t) => {
  const bench = await new DirectoryBench(["11111"], []).opened();
  bench.api(0).says = { fault: "connect ECONNREFUSED" };
  bench.api(1).says = ["11111"];
  t.equal(await bench.find("11111", "lookUpFresh"), "bbb2 meeting-11111");
  t.strictSame(bench.clashes, [], "the last state of a dead server causes no clash");
  bench.directory.close();
});

await t.test("lookUpFresh polls regardless of cached meetings", async (t) => {
  const bench = await new DirectoryBench(["11111"], []).opened();
  bench.api(0).says = [];
  bench.api(1).says = ["11111"];
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  t.equal(await bench.find("11111", "lookUpFresh"), "bbb2 meeting-11111");
  bench.directory.close();
});

await t.test("matchPrefix finds every prefix", async (t) => {
  const bench = await new DirectoryBench(["12345", "123451", "00042"], ["1234512"]).opened();
  const rows: readonly (readonly [digits: string, complete: boolean, longer: boolean])[] = [
    ["1", false, true],
    ["1234", false, true],
    ["12345", true, true],
    ["123451", true, true],
    ["1234512", true, false],
    ["12345123", false, false],
    ["0", false, true],
    ["00042", true, false],
    ["42", false, false],
    ["9", false, false],
  ];
  for (const [digits, complete, longer] of rows)
    t.strictSame(bench.directory.matchPrefix(digits), { complete, longer }, digits);
  bench.directory.close();
});

await t.test("2,000 meetings and 100 lookups take no noticeable time", async (t) => {
  const bench = await new DirectoryBench(
    Array.from({ length: 2_000 }, (_, at) => String(10_000_000 + at * 7)),
  ).opened();
  const begun = performance.now();
  const finding = Promise.all(
    Array.from({ length: 100 }, async (_, at) =>
      inWords(await bench.directory.lookUp(fakePin(String(99_000_000 + at)))),
    ),
  );
  await bench.clock.advance(50);
  t.ok((await finding).every((each) => each === "unknown"));
  t.ok(performance.now() - begun < 1_000, `${Math.round(performance.now() - begun)} ms`);
  bench.directory.close();
});
