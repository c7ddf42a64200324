import t from "tap";

import { Registration } from "../../src/trunk/registration.js";
import type { RegistrationState } from "../../src/trunk/registration-state.js";
import { FakeClock } from "../support/fake-clock.js";
import { FakeRequests } from "../support/fake-requests.js";
import { bench, grants, registrationOptions, stopped } from "../support/registration-bench.js";

await t.test("stop un-registers once", async (t) => {
  const all = bench(grants(600));
  all.registration.start();
  await all.clock.advance(100_000);
  await stopped(t, all, 30);
  const last = all.requests.registers.at(-1);
  t.equal(last?.headers["Expires"], "0");
  t.match(last?.headers["Contact"], /;expires=0$/);
  t.equal(last?.headers["Call-ID"], "call-id-of-the-registration");
  const sent = all.requests.sent.length;
  all.registration.registerNow();
  await all.clock.advance(1_000_000);
  t.equal(all.requests.sent.length, sent);
  t.match(all.states.at(-1), { kind: "not-registered", why: "un-registered" });
});

await t.test("stop un-registers a binding whose flow was lost", async (t) => {
  const all = bench(grants(600));
  all.registration.start();
  await all.clock.advance(100_000);
  all.registration.registerNow();
  await stopped(t, all, 30);
  t.equal(all.requests.registers.at(-1)?.headers["Expires"], "0");
});

await t.test("stop before start, and during the first REGISTER", async (t) => {
  const idle = bench(grants(600));
  await stopped(t, idle);
  t.equal(idle.requests.sent.length, 0);

  const busy = bench(grants(600));
  busy.registration.start();
  await busy.clock.advance(10);
  await stopped(t, busy, 60);
  t.strictSame(
    busy.requests.registers.map((request) => request.headers["Expires"]),
    ["600", "0"],
  );
});

await t.test("missing responses do not delay the stop", async (t) => {
  const first = bench(() => "never");
  first.registration.start();
  await first.clock.advance(10_000);
  await stopped(t, first, 3_000);

  for (const silentTo of ["OPTIONS", "REGISTER"] as const) {
    let isSilent = false;
    const all = bench((request, index) =>
      isSilent && request.method === silentTo ? "never" : grants(90)(request, index),
    );
    all.registration.start();
    await all.clock.advance(10_000);
    isSilent = true;
    await all.clock.advance(silentTo === "OPTIONS" ? 25_000 : 100_000);
    await stopped(t, all, 6_000);
  }
});

await t.test("a response after the stop has no effect", async (t) => {
  const clock = new FakeClock();
  const requests = new FakeRequests(clock, grants(600), 20_000);
  const states: RegistrationState[] = [];
  const registration = new Registration(registrationOptions, requests, clock, {
    onState: (state) => {
      states.push(state);
    },
    onRenewal: () => undefined,
  });
  registration.start();
  const stopping = registration.stop();
  await clock.advance(6_000);
  await stopping;
  await clock.advance(60_000);
  t.ok(states.every((state) => state.kind === "not-registered"));
  t.equal(clock.pending, 0);
});
