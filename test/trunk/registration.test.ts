import t from "tap";

import { answered, via } from "../support/fake-requests.js";
import { bench, grants, hostAt, stopped } from "../support/registration-bench.js";

await t.test("the REGISTER", async (t) => {
  const all = bench(grants(600));
  all.registration.start();
  await all.clock.advance(100);
  const [request] = all.requests.sent;
  t.equal(request?.method, "REGISTER");
  t.equal(request?.uri, "sip:secure.sip.easybell.de");
  t.equal(request?.nextHop, "sip:192.0.2.10:5061;transport=tls");
  t.strictSame(request?.headers, {
    From: "<sip:004930123456@secure.sip.easybell.de>;tag=call-id-of-the-registration",
    To: "<sip:004930123456@secure.sip.easybell.de>",
    "Call-ID": "call-id-of-the-registration",
    CSeq: "1 REGISTER",
    Contact: "<sip:004930123456@10.0.0.1:5061;transport=tls>;expires=600",
    Expires: "600",
  });
  t.strictSame(all.states, [
    {
      kind: "registered",
      expiresInMs: 600_000,
      refreshedAt: 0,
      registrar: { address: "192.0.2.10", port: 5061 },
      listed: "yes",
      since: 30,
    },
  ]);
  await stopped(t, all, 30);
});

await t.test("an IPv6 address in the Contact has brackets", async (t) => {
  const all = bench(grants(600), {
    contact: () => ({ host: "2001:db8::1", port: 5061 }),
    host: hostAt({ address: "2001:db8::2", port: 5061 }),
    domain: "2001:db8::2",
  });
  all.registration.start();
  await all.clock.advance(100);
  t.match(all.requests.sent[0]?.headers["Contact"], /^<sip:004930123456@\[2001:db8::1\]:5061;transport=tls>/);
  t.equal(all.requests.sent[0]?.uri, "sip:[2001:db8::2]");
  t.equal(all.requests.sent[0]?.nextHop, "sip:[2001:db8::2]:5061;transport=tls");
  await stopped(t, all, 30);
});

await t.test("refreshed after three quarters of the granted expiry", async (t) => {
  for (const [seconds, refreshAt] of [
    [90, 67_500],
    [300, 225_000],
    [600, 450_000],
    [3_600, 2_700_000],
  ] as const) {
    const all = bench(grants(seconds));
    all.registration.start();
    await all.clock.advance(refreshAt - 1);
    t.strictSame(all.requests.times, [0]);
    await all.clock.advance(1);
    t.strictSame(all.requests.times, [0, refreshAt]);
    t.equal(all.requests.registers[1]?.headers["Call-ID"], "call-id-of-the-registration");
    const sequences = all.requests.registers.map((request) => Number.parseInt(request.headers["CSeq"] ?? "", 10));
    t.ok(Number(sequences[1]) > Number(sequences[0]), "the next number");
    await all.clock.advance(30);
    t.ok(all.states.every((state) => state.kind === "registered"));
    await stopped(t, all, 30);
  }
});

await t.test("the flow is checked with OPTIONS between refreshes", async (t) => {
  const all = bench(grants(600));
  all.registration.start();
  await all.clock.advance(449_000);
  t.equal(all.requests.sent.filter((request) => request.method === "OPTIONS").length, 14);
  t.equal(all.requests.registers.length, 1);
  t.notOk(
    all.requests.sent.some(
      (request) => request.method === "OPTIONS" && request.headers["Call-ID"] === "call-id-of-the-registration",
    ),
  );
  await stopped(t, all, 30);
});

await t.test("another address in the registrar's Via: re-registered immediately", async (t) => {
  const all = bench(grants(600, 41_000));
  all.registration.start();
  await all.clock.advance(50_000);
  all.requests.registrar = grants(600, 42_000);
  await all.clock.advance(10_200);
  // OPTIONS at 30 s, the response 30 ms later, the next OPTIONS 30 s after that.
  t.strictSame(all.requests.times, [0, 60_090]);
  t.strictSame(
    all.states.map((state) => state.kind),
    ["registered", "not-registered", "registered"],
  );
  t.match(all.states[1], { why: /replaced/ });
  await all.clock.advance(120_000);
  t.equal(all.requests.registers.length, 2, "the new address is the right one now");
  await stopped(t, all, 30);
});

await t.test("a response with any status proves that the flow is up", async (t) => {
  for (const status of [200, 404, 405, 481, 483, 500]) {
    const all = bench((request, index) =>
      request.method === "REGISTER" ? grants(600)(request, index) : answered(status, { Via: via(41_000) }),
    );
    all.registration.start();
    await all.clock.advance(200_000);
    t.equal(all.requests.registers.length, 1, `${status}`);
    await stopped(t, all, 30);
  }
});

await t.test("no response to OPTIONS: not registered until re-registered", async (t) => {
  for (const outcome of [answered(408), answered(503), { kind: "not-sent", why: "no route" } as const]) {
    const all = bench((request, index) => (request.method === "REGISTER" ? grants(600)(request, index) : outcome));
    all.registration.start();
    await all.clock.advance(30_100);
    t.equal(all.requests.registers.length, 2);
    t.strictSame(
      all.states.map((state) => state.kind),
      ["registered", "not-registered", "registered"],
    );
    await stopped(t, all, 30);
  }
});

await t.test("a repeatedly broken flow: never two REGISTERs within 4 s", async (t) => {
  let port = 40_000;
  const all = bench((request, index) => grants(600, port++)(request, index), { keepaliveMs: 100 });
  all.registration.start();
  await all.clock.advance(60_000);
  const { times } = all.requests;
  t.ok(times.length > 10, `${times.length} times`);
  for (const [at, time] of times.entries()) if (at > 0) t.ok(time - Number(times[at - 1]) >= 4_000, `${time}`);
  await stopped(t, all, 60);
});

await t.test("unavailable: retried with backoff, at least once a minute", async (t) => {
  for (const outcome of [
    answered(503),
    answered(500),
    answered(408, { Via: via(41_000) }),
    { kind: "not-sent", why: "drachtio is not connected" } as const,
  ]) {
    const all = bench(() => outcome);
    all.registration.start();
    await all.clock.advance(600_000);
    const { times } = all.requests;
    const distances = times.slice(1).map((time, at) => time - Number(times[at]) - 30);
    t.strictSame(distances.slice(0, 5), [4_000, 8_000, 16_000, 32_000, 60_000]);
    t.ok(distances.slice(4).every((distance) => distance === 60_000));
    t.equal(all.registration.state.kind, "not-registered");
    await stopped(t, all);
    t.equal(
      all.requests.registers.every((request) => request.headers["Expires"] === "600"),
      true,
      "nothing to un-register",
    );
  }
});

await t.test("the reason is shown, and a success resets the backoff", async (t) => {
  let isUp = false;
  const all = bench((request, index) =>
    isUp ? grants(90)(request, index) : answered(500, {}, "Server Internal Error"),
  );
  all.registration.start();
  await all.clock.advance(20_000);
  t.strictSame(all.registration.state, { kind: "not-registered", why: "500 Server Internal Error", since: 12_090 });
  isUp = true;
  await all.clock.advance(20_000);
  t.equal(all.registration.state.kind, "registered");
  isUp = false;
  const before = all.requests.times.length;
  await all.clock.advance(100_000);
  const { times } = all.requests;
  t.equal(Number(times[before + 1]) - Number(times[before]), 4_030, "the first delay again");
  await stopped(t, all, 30);
});

await t.test("a grant of 0 s is not a registration", async (t) => {
  const all = bench(grants(0));
  all.registration.start();
  await all.clock.advance(100);
  t.equal(all.registration.state.kind, "not-registered");
  await all.clock.advance(60_000);
  t.ok(all.requests.registers.length < 8);
  await stopped(t, all);
});

await t.test("registerNow: immediately if the minimum interval has passed, else when it has", async (t) => {
  const all = bench(() => answered(503));
  all.registration.start();
  await all.clock.advance(100_000);
  const before = all.requests.registers.length;
  all.registration.registerNow();
  await all.clock.advance(1);
  t.equal(all.requests.registers.length, before + 1);
  for (let times = 0; times < 20; times++) {
    all.registration.registerNow();
    await all.clock.advance(100);
  }
  t.equal(all.requests.registers.length, before + 1, "20 times within 2 s");
  await all.clock.advance(4_000);
  t.equal(all.requests.registers.length, before + 2);
  t.equal(Number(all.requests.times.at(-1)) - Number(all.requests.times.at(-2)), 4_000);
  await stopped(t, all);
});

await t.test("drachtio disconnects and reconnects", async (t) => {
  const all = bench(grants(600));
  all.registration.start();
  await all.clock.advance(100_000);
  all.requests.registrar = () => ({ kind: "not-sent", why: "drachtio is not connected" });
  await all.clock.advance(120_000);
  t.match(all.registration.state, { kind: "not-registered", why: "drachtio is not connected" });
  all.requests.registrar = grants(600, 45_000);
  all.registration.registerNow();
  await all.clock.advance(4_100);
  t.equal(all.registration.state.kind, "registered");
  await stopped(t, all, 30);
});

await t.test("registerNow re-registers while registered", async (t) => {
  const all = bench(grants(600));
  all.registration.start();
  await all.clock.advance(100_000);
  all.registration.registerNow();
  t.equal(all.registration.state.kind, "not-registered");
  await all.clock.advance(100);
  t.strictSame(all.requests.times, [0, 100_000]);
  t.equal(all.registration.state.kind, "registered");
  await stopped(t, all, 30);
});
