import t from "tap";

import { Watchdog } from "../../src/trunk/watchdog.js";
import { FakeClock } from "../support/fake-clock.js";
import { answered, via } from "../support/fake-requests.js";
import { bench, grants, stopped } from "../support/registration-bench.js";

const settings = { silenceMs: 3_600_000, minIntervalMs: 600_000 };

await t.test("renewal after a long silence, at most once per minimum interval", async (t) => {
  const clock = new FakeClock();
  const watchdog = new Watchdog(settings, clock);
  await clock.advance(7_200_000);
  t.equal(watchdog.verdict(), undefined, "nothing can come before it is registered");
  watchdog.registered();
  await clock.advance(3_599_000);
  t.equal(watchdog.verdict(), undefined);
  watchdog.heard();
  await clock.advance(3_599_000);
  t.equal(watchdog.verdict(), undefined, "whatever comes in is life");
  await clock.advance(2_000);
  t.equal(watchdog.verdict(), "no requests received for 60 minutes");
  watchdog.suspect("the call to its own number did not arrive");
  t.equal(watchdog.verdict(), undefined, "not again at once");
  await clock.advance(600_000);
  t.equal(watchdog.verdict(), "the call to its own number did not arrive");
  t.equal(watchdog.renewals, 2);
  watchdog.suspect("again");
  watchdog.heard();
  await clock.advance(600_000);
  t.equal(watchdog.verdict(), undefined, "a suspicion is over when something comes in");
});

await t.test("disabled", async (t) => {
  const clock = new FakeClock();
  const watchdog = new Watchdog(undefined, clock);
  watchdog.registered();
  watchdog.suspect("no");
  await clock.advance(1e9);
  t.equal(watchdog.verdict(), undefined);
});

await t.test("a deaf trunk is un-registered and registered again with a new Call-ID", async (t) => {
  let calls = 0;
  const all = bench(grants(600), { watchdog: settings, newCallId: () => `call-${++calls}` });
  all.registration.start();
  await all.clock.advance(1_000);
  t.equal(all.registration.state.kind, "registered");
  all.registration.suspectMissedCalls("a call to its own number did not arrive");
  await all.clock.advance(60_000);
  t.strictSame(all.renewals, ["a call to its own number did not arrive"]);
  const registers = all.requests.sent.filter(({ method }) => method === "REGISTER");
  const expiries = registers.map(
    ({ headers }) => /expires=(\d+)/i.exec(headers["Contact"] ?? "")?.[1] ?? headers["Expires"],
  );
  t.strictSame(expiries, ["600", "0", "600"], "registered, un-registered, registered");
  t.not(registers.at(-1)?.headers["Call-ID"], registers[0]?.headers["Call-ID"]);
  t.equal(all.registration.state.kind, "registered");
  t.equal(all.registration.renewals, 1);
  await stopped(t, all, 3_000);
});

await t.test("a registrar that no longer lists our binding has lost it", async (t) => {
  for (const others of [
    "<sip:somebody@192.0.2.99:5060>;expires=600",
    "<sip:004930123456@192.0.2.99:5060>;expires=600",
  ]) {
    let isLost: "no" | "yes" = "no";
    const all = bench(
      (request) =>
        answered(200, {
          Via: via(41_000),
          ...(request.method === "REGISTER" && {
            Contact: isLost === "yes" ? others : `${request.headers["Contact"] ?? ""};expires=600`,
          }),
        }),
      { watchdog: settings },
    );
    all.registration.start();
    await all.clock.advance(1_000);
    isLost = "yes";
    await all.clock.advance(500_000);
    t.equal(all.renewals.length, 1, "renewed once, not with every refresh");
    await stopped(t, all, 3_000);
  }
});

await t.test("423: retried with the registrar's Min-Expires", async (t) => {
  const all = bench((request) => {
    const asked = Number(
      /expires=(\d+)/i.exec(request.headers["Contact"] ?? "")?.[1] ?? request.headers["Expires"] ?? "0",
    );
    if (request.method !== "REGISTER" || asked === 0) return answered(200, { Via: via(41_000) });
    return asked < 1_800
      ? answered(423, { "Min-Expires": "1800" })
      : answered(200, { Via: via(41_000), Contact: request.headers["Contact"] ?? "" });
  });
  all.registration.start();
  await all.clock.advance(30_000);
  t.match(all.registration.state, { kind: "registered", expiresInMs: 1_800_000 });
  await stopped(t, all, 3_000);
});
