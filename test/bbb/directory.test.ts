import t from "tap";
import { BbbServer } from "../../src/bbb/bbb-server.js";
import { BbbDirectory } from "../../src/bbb/directory.js";
import type { Lookup } from "../../src/call/interfaces.js";
import { FakeBbbApi } from "../support/fake-bbb-api.js";
import { CountedClock, FakeClock } from "../support/fake-clock.js";
import { fakeNode, fakePin } from "../support/fake-directory.js";

const pollEveryMs = 10_000;

class Bench {
  readonly clock = new FakeClock();
  readonly own = new CountedClock(this.clock);
  readonly apis: readonly FakeBbbApi[];
  readonly directory: BbbDirectory;
  readonly told: string[] = [];
  readonly clashes: (readonly string[])[] = [];

  constructor(...says: FakeBbbApi["says"][]) {
    this.apis = says.map((each) => new FakeBbbApi(this.clock, each));
    const servers = this.apis.map((api, at) => new BbbServer(fakeNode(`bbb${at + 1}`), api, pollEveryMs, this.own));
    this.directory = new BbbDirectory(servers, this.own, {
      onServer: (server, fault) => {
        this.told.push(`${server}: ${fault ?? "good"}`);
      },
      onClash: (names) => {
        this.clashes.push(names);
      },
    });
  }

  /** The sources, opened and asked once. */
  async opened(): Promise<this> {
    const opening = this.directory.open();
    await this.clock.advance(50);
    await opening;
    return this;
  }

  api(at: number): FakeBbbApi {
    const api = this.apis[at];
    if (api === undefined) throw new Error("no such server");
    return api;
  }

  async find(digits: string, how: "find" | "findAgain" = "find"): Promise<string> {
    const finding = this.directory[how](fakePin(digits));
    await this.clock.advance(50);
    return inWords(await finding);
  }

  get requests(): readonly number[] {
    return this.apis.map((api) => api.requests);
  }
}

function inWords(lookup: Lookup): string {
  return lookup.kind === "open" ? `${lookup.conference.node.name} ${lookup.conference.meetingId}` : lookup.kind;
}

await t.test("each conference on its server, from memory", async (t) => {
  const bench = await new Bench(["11111", "00042"], ["22222"]).opened();
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  t.equal(await bench.find("22222"), "bbb2 meeting-22222");
  t.equal(await bench.find("00042"), "bbb1 meeting-00042");
  t.strictSame(bench.requests, [1, 1], "nobody was asked for what is known");
  t.equal(await bench.find("42"), "unknown", "leading zeros count");
  t.strictSame(bench.requests, [2, 2], "everybody was asked for what is not");
  t.strictSame(bench.told, ["bbb1: good", "bbb2: good"]);
  bench.directory.close();
});

await t.test("polled, and closed without a timer left", async (t) => {
  const bench = await new Bench(["11111"], []).opened();
  await bench.clock.advance(35_000);
  t.strictSame(bench.requests, [4, 4]);
  bench.api(1).says = ["22222"];
  await bench.clock.advance(pollEveryMs);
  t.strictSame(bench.directory.match("22222"), { complete: true, longer: false }, "known before anybody typed it");
  bench.directory.close();
  t.equal(bench.own.pending, 0);
  const before = bench.requests;
  await bench.clock.advance(100_000);
  t.strictSame(bench.requests, before);
});

await t.test("closed while a server is being asked: no timer either", async (t) => {
  const bench = new Bench(["11111"]);
  const opening = bench.directory.open();
  await bench.clock.advance(10);
  bench.directory.close();
  await bench.clock.advance(100_000);
  await opening;
  t.equal(bench.own.pending, 0);
  t.strictSame(bench.requests, [1]);
});

await t.test("a conference that began a moment ago is found at once", async (t) => {
  const bench = await new Bench([], []).opened();
  bench.api(1).says = ["22222"];
  t.equal(await bench.find("22222"), "bbb2 meeting-22222");
  bench.directory.close();
});

await t.test("100 callers who type at once cause one question to each server, and one line in the log", async (t) => {
  const bench = await new Bench({ fault: "HTTP status 502" }, []).opened();
  bench.api(0).says = ["33333"];
  bench.told.length = 0;
  const finding = Promise.all(Array.from({ length: 100 }, async (_, at) => inWords(await bench.directory.find(fakePin(at % 2 === 0 ? "33333" : "44444")))));
  await bench.clock.advance(50);
  const found = await finding;
  t.strictSame(bench.requests, [2, 2]);
  t.ok(found.every((each, at) => each === (at % 2 === 0 ? "bbb1 meeting-33333" : "unknown")));
  t.strictSame(bench.told, ["bbb1: good"]);
  bench.directory.close();
});

await t.test("callers who type while a poll is under way wait for it", async (t) => {
  const bench = await new Bench(["11111"]).opened();
  await bench.clock.advance(pollEveryMs - 10);
  t.equal(bench.api(0).open, 0);
  await bench.clock.advance(10);
  t.equal(bench.api(0).open, 1);
  t.equal(await bench.find("99999"), "unknown");
  t.strictSame(bench.requests, [2]);
  bench.directory.close();
});

await t.test("a server that does not answer makes an unknown PIN unavailable, never unknown", async (t) => {
  const bench = await new Bench(["11111"], { fault: "HTTP status 502" }).opened();
  t.equal(await bench.find("99999"), "unavailable");
  t.equal(await bench.find("11111"), "bbb1 meeting-11111", "what is known is found all the same");
  t.strictSame(bench.told, ["bbb1: good", "bbb2: HTTP status 502"]);
  bench.api(1).says = { fault: "no answer in time" };
  await bench.clock.advance(pollEveryMs);
  bench.api(1).says = [];
  await bench.clock.advance(pollEveryMs);
  t.strictSame(bench.told.slice(2), ["bbb2: no answer in time", "bbb2: good"], "each change is told once");
  t.equal(await bench.find("99999"), "unknown");
  bench.directory.close();
});

await t.test("no server at all has answered yet", async (t) => {
  const bench = await new Bench({ fault: "connect ECONNREFUSED" }).opened();
  t.equal(await bench.find("11111"), "unavailable");
  t.match(bench.directory.servers[0]?.state, { fault: "connect ECONNREFUSED", ageMs: undefined, meetings: 0 });
  bench.directory.close();
});

await t.test("the last known meetings are believed for 60 s", async (t) => {
  const bench = await new Bench(["11111"]).opened();
  bench.api(0).says = { fault: "HTTP status 502" };
  await bench.clock.advance(55_000);
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  t.strictSame(bench.directory.match("11111"), { complete: true, longer: false });
  await bench.clock.advance(15_000);
  t.equal(await bench.find("11111"), "unavailable");
  t.strictSame(bench.directory.match("11111"), { complete: false, longer: false });
  t.match(bench.directory.servers[0]?.state, { fault: "HTTP status 502", meetings: 0 });
  bench.directory.close();
});

await t.test("a conference that is over is not found any more", async (t) => {
  const bench = await new Bench(["11111"]).opened();
  bench.api(0).says = [];
  t.equal(await bench.find("11111", "findAgain"), "unknown");
  t.strictSame(bench.directory.match("1"), { complete: false, longer: false });
  bench.directory.close();
});

await t.test("the same PIN on two servers: the first is taken, and it is told", async (t) => {
  const bench = await new Bench(["11111"], ["11111"]).opened();
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  t.strictSame(bench.clashes, [["bbb1", "bbb2"]]);
  bench.directory.close();
});

await t.test("a conference that has moved away from a dead server is found on the other", async (t) => {
  const bench = await new Bench(["11111"], []).opened();
  bench.api(0).says = { fault: "connect ECONNREFUSED" };
  bench.api(1).says = ["11111"];
  t.equal(await bench.find("11111", "findAgain"), "bbb2 meeting-11111");
  t.strictSame(bench.clashes, [], "what is remembered of a dead server is no clash");
  bench.directory.close();
});

await t.test("findAgain asks, whatever is remembered", async (t) => {
  const bench = await new Bench(["11111"], []).opened();
  bench.api(0).says = [];
  bench.api(1).says = ["11111"];
  t.equal(await bench.find("11111"), "bbb1 meeting-11111");
  t.equal(await bench.find("11111", "findAgain"), "bbb2 meeting-11111");
  bench.directory.close();
});

await t.test("match knows every beginning", async (t) => {
  const bench = await new Bench(["12345", "123451", "00042"], ["1234512"]).opened();
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
  for (const [digits, complete, longer] of rows) t.strictSame(bench.directory.match(digits), { complete, longer }, digits);
  bench.directory.close();
});

await t.test("two thousand meetings and a hundred callers take no noticeable time", async (t) => {
  const bench = await new Bench(Array.from({ length: 2_000 }, (_, at) => String(10_000_000 + at * 7))).opened();
  const begun = performance.now();
  const finding = Promise.all(Array.from({ length: 100 }, async (_, at) => inWords(await bench.directory.find(fakePin(String(99_000_000 + at))))));
  await bench.clock.advance(50);
  t.ok((await finding).every((each) => each === "unknown"));
  t.ok(performance.now() - begun < 1_000, `${Math.round(performance.now() - begun)} ms`);
  bench.directory.close();
});
