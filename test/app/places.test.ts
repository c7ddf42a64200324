import t from "tap";

import { type PlaceLimits, Places } from "../../src/app/places.js";
import type { KnownCaller } from "../../src/caller/known-caller.js";
import { fakePin } from "../support/fake-directory.js";

const limits: PlaceLimits = { all: 10, number: 3, withheld: 2, waiting: 4, waitingForOne: 3 };

function caller(lineKey: string): KnownCaller {
  return { kind: "number", last4: "5678", lineKey, throttleKey: "the same for all", pseudonymSeeds: new Map() };
}

function call(
  from: KnownCaller,
  trunk = "line",
  channels?: number,
): { trunk: string; channels: number | undefined; caller: KnownCaller } {
  return { trunk, channels, caller: from };
}

await t.test("a number has so many calls at a time, over all trunks, and others have theirs", (t) => {
  const places = new Places();
  const taken = ["line", "line", "second"].map((trunk) => places.take(call(caller("a"), trunk), limits));
  t.strictSame(
    taken.map(({ ok }) => ok),
    [true, true, true],
  );
  t.same(places.take(call(caller("a")), limits), { ok: false, failure: "number-busy" });
  t.match(places.take(call(caller("b")), limits), { ok: true });
  const [first] = taken;
  if (first?.ok === true) first.value();
  t.match(places.take(call(caller("a")), limits), { ok: true }, "a call that is over gives its place back");
  t.equal(places.taken, 4);
  t.equal(places.takenOver("line"), 3);
  t.end();
});

await t.test("callers without a usable number share theirs, for each trunk", (t) => {
  const places = new Places();
  t.match(places.take(call({ kind: "anonymous" }), limits), { ok: true });
  t.match(places.take(call({ kind: "unreadable" }), limits), { ok: true });
  t.same(places.take(call({ kind: "short" }), limits), { ok: false, failure: "withheld-busy" });
  t.match(places.take(call({ kind: "anonymous" }, "second"), limits), { ok: true });
  t.match(places.take(call(caller("withheld")), limits), { ok: true });
  t.end();
});

await t.test("the limits of all calls and of the trunk come first", (t) => {
  const places = new Places();
  t.match(places.take(call(caller("a"), "line", 1), limits), { ok: true });
  t.same(places.take(call(caller("a"), "line", 1), limits), { ok: false, failure: "trunk-busy" });
  t.same(places.take(call(caller("a")), { ...limits, all: 1 }), { ok: false, failure: "too-many-calls" });
  t.equal(places.taken, 1, "what is refused takes nothing");
  t.end();
});

await t.test("those who wait, in all and for one conference", (t) => {
  const places = new Places();
  const first = [1, 2, 3].map(() => places.takeWaiting(fakePin("11111"), limits));
  t.same(places.takeWaiting(fakePin("11111"), limits), { ok: false, failure: "waiting-full" });
  t.match(places.takeWaiting(fakePin("22222"), limits), { ok: true });
  t.same(places.takeWaiting(fakePin("33333"), limits), { ok: false, failure: "waiting-full" }, "four in all");
  for (const place of first) if (place.ok) place.value();
  t.match(places.takeWaiting(fakePin("11111"), limits), { ok: true });
  t.end();
});
