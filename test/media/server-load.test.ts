import t from "tap";

import { readLoad } from "../../src/media/load-sample.js";
import { type LoadSample, ServerLoad } from "../../src/media/server-load.js";

/** A media server whose host a test loads; the clock advances with each sample. */
class Host {
  now = 0;
  minIdle = 10;
  readonly load = new ServerLoad({
    now: () => this.now,
    minIdlePercent: () => this.minIdle,
    cores: 4,
    onTaken: () => undefined,
  });

  /** One second in which `offered` calls come; returns how many may begin. */
  second(offered: number, sample: Partial<LoadSample>): number {
    let begun = 0;
    for (let call = 0; call < offered; call++) {
      this.now += 1_000 / Math.max(1, offered);
      if (this.load.hasTurn) {
        this.load.take();
        begun += 1;
      } else this.load.miss();
    }
    if (offered === 0) this.now += 1_000;
    this.load.sampled({ idlePercent: 90, sessionsPerSecond: undefined, answerMs: 2, ...sample });
    return begun;
  }
}

await t.test("an idle host takes many calls at once, and soon as many as come", (t) => {
  const host = new Host();
  t.ok(host.second(100, { idlePercent: 90 }) >= 50, "as a meeting begins");
  const begun = Array.from({ length: 12 }, () => host.second(100, { idlePercent: 70 }));
  t.equal(begun.at(-1), 100, begun.join(" "));
  t.equal(host.load.state, "free");
  t.end();
});

await t.test("a busy host gets fewer calls within seconds, but never none while it answers", (t) => {
  const host = new Host();
  const begun = Array.from({ length: 10 }, () => host.second(60, { idlePercent: 3 }));
  t.ok((begun[1] ?? 60) <= 25, begun.join(" "));
  t.ok(
    begun.slice(5).every((calls) => calls >= 1 && calls <= 3),
    begun.join(" "),
  );
  t.match(host.load, { state: "cpu", rate: 1, idlePercent: 3 });
  t.end();
});

await t.test("it recovers in one second", (t) => {
  const host = new Host();
  for (let second = 0; second < 10; second++) host.second(60, { idlePercent: 3 });
  host.second(0, { idlePercent: 85 });
  t.match(host.load, { state: "free", rate: 20 });
  t.ok(host.second(20, {}) >= 19);
  t.end();
});

await t.test("between the limits the state stays as it was", (t) => {
  const host = new Host();
  host.second(5, { idlePercent: 12 });
  t.equal(host.load.state, "free");
  host.second(5, { idlePercent: 9 });
  t.equal(host.load.state, "cpu");
  host.second(5, { idlePercent: 12 });
  t.equal(host.load.state, "cpu");
  host.second(5, { idlePercent: 16 });
  t.equal(host.load.state, "free");
  t.end();
});

await t.test("the rate settles where the host keeps its idle CPU", (t) => {
  const host = new Host();
  // Each new call per second costs 3 % of the CPU, two seconds later.
  const begun = [0, 0];
  const idle: number[] = [];
  for (let second = 0; second < 60; second++) {
    const cost = 3 * (begun.at(-2) ?? 0);
    idle.push(Math.max(0, 100 - cost));
    begun.push(host.second(90, { idlePercent: idle.at(-1) ?? 0 }));
  }
  const settled = begun.slice(-30);
  const mean = settled.reduce((sum, calls) => sum + calls, 0) / settled.length;
  t.ok(mean > 10 && mean <= 30, `30 calls a second would use all CPU: ${settled.join(" ")}`);
  t.end();
});

await t.test("a server that answers slowly twice gets no calls, until it answers quickly", (t) => {
  const host = new Host();
  host.second(5, { answerMs: 900 });
  t.equal(host.load.state, "free", "one may be a coincidence");
  host.second(5, { answerMs: 900 });
  t.match(host.load, { state: "slow", hasTurn: false, rate: 0, isWatched: true });
  t.equal(host.second(5, { answerMs: 2 }), 0);
  t.equal(host.load.state, "free");
  t.ok(host.second(20, {}) >= 19);
  t.end();
});

await t.test("so does one that opens channels slowly, until no more are opened", (t) => {
  const host = new Host();
  for (let second = 0; second < 2; second++) {
    host.load.opened(3_000);
    host.second(5, {});
  }
  t.equal(host.load.state, "slow");
  host.second(5, {});
  t.equal(host.load.state, "free");
  t.end();
});

await t.test("a refusal by FreeSWITCH lowers the rate, once a second", (t) => {
  const host = new Host();
  for (let second = 0; second < 5; second++) host.second(20, {});
  host.load.refused();
  const { rate } = host.load;
  t.match(rate, 12);
  host.load.refused();
  t.equal(host.load.rate, rate, "one second has many refusals for the same reason");
  const begun = host.second(100, {});
  t.ok(begun <= 2 * rate + 1, `${begun} at a rate of ${rate}`);
  t.end();
});

await t.test("FreeSWITCH's own limit of sessions per second: two for a call", (t) => {
  const host = new Host();
  host.second(1, { sessionsPerSecond: 30 });
  t.equal(host.load.rate, 15);
  t.end();
});

await t.test("min_idle_cpu 0: only slow answers and refusals limit the calls", (t) => {
  const host = new Host();
  host.minIdle = 0;
  t.equal(host.second(500, { idlePercent: 0 }), 500);
  t.equal(host.load.state, "free");
  host.load.refused();
  t.equal(host.second(50, {}), 0);
  t.equal(host.second(50, { answerMs: 900 }), 50);
  host.second(50, { answerMs: 900 });
  t.equal(host.second(50, {}), 0, "slow");
  t.equal(host.second(50, {}), 50);
  t.end();
});

await t.test("FreeSWITCH's status (1.10.12)", (t) => {
  const status = [
    "UP 0 years, 0 days, 0 hours, 0 minutes, 41 seconds, 218 milliseconds, 395 microseconds",
    "FreeSWITCH (Version 1.10.12-release  64bit) is ready",
    "7 session(s) since startup",
    "2 session(s) - peak 4, last 5min 4 ",
    "0 session(s) per Sec out of max 200, peak 4, last 5min 4 ",
    "400 session(s) max",
    "min idle cpu 0.00/96.53",
    "Current Stack Size/Max 240K/8192K",
  ].join("\n");
  t.same(readLoad(status, 3), { idlePercent: 96.53, sessionsPerSecond: 200, answerMs: 3 });
  t.same(readLoad("", 2_000), { idlePercent: undefined, sessionsPerSecond: undefined, answerMs: 2_000 });
  t.end();
});
