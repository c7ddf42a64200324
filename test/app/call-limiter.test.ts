import t from "tap";

import { CallLimiter, type CallLimits } from "../../src/app/call-limiter.js";
import type { KnownCaller } from "../../src/caller/known-caller.js";
import { fakePin } from "../support/fake-directory.js";

const limits: CallLimits = { all: 10, number: 3, withheld: 2, waiting: 4, waitingForOne: 3 };

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

await t.test("the limit per number applies over all trunks, and to each number separately", (t) => {
  const limiter = new CallLimiter();
  const taken = ["line", "line", "second"].map((trunk) => limiter.acquireSlot(call(caller("a"), trunk), limits));
  t.strictSame(
    taken.map(({ ok }) => ok),
    [true, true, true],
  );
  t.same(limiter.acquireSlot(call(caller("a")), limits), { ok: false, failure: "number-busy" });
  t.match(limiter.acquireSlot(call(caller("b")), limits), { ok: true });
  const [first] = taken;
  if (first?.ok === true) first.value();
  t.match(limiter.acquireSlot(call(caller("a")), limits), { ok: true }, "an ended call releases its slot");
  t.equal(limiter.admitted, 4);
  t.equal(limiter.admittedOver("line"), 3);
  t.end();
});

await t.test("callers without a usable number share a limit, per trunk", (t) => {
  const limiter = new CallLimiter();
  t.match(limiter.acquireSlot(call({ kind: "anonymous" }), limits), { ok: true });
  t.match(limiter.acquireSlot(call({ kind: "unreadable" }), limits), { ok: true });
  t.same(limiter.acquireSlot(call({ kind: "short" }), limits), { ok: false, failure: "withheld-busy" });
  t.match(limiter.acquireSlot(call({ kind: "anonymous" }, "second"), limits), { ok: true });
  t.match(limiter.acquireSlot(call(caller("withheld")), limits), { ok: true });
  t.end();
});

await t.test("the limits of all calls and of the trunk come first", (t) => {
  const limiter = new CallLimiter();
  t.match(limiter.acquireSlot(call(caller("a"), "line", 1), limits), { ok: true });
  t.same(limiter.acquireSlot(call(caller("a"), "line", 1), limits), { ok: false, failure: "trunk-busy" });
  t.same(limiter.acquireSlot(call(caller("a")), { ...limits, all: 1 }), { ok: false, failure: "too-many-calls" });
  t.equal(limiter.admitted, 1, "a refused call takes no slot");
  t.end();
});

await t.test("waiting callers, in total and per conference", (t) => {
  const limiter = new CallLimiter();
  const first = [1, 2, 3].map(() => limiter.acquireWaitingSlot(fakePin("11111"), limits));
  t.same(limiter.acquireWaitingSlot(fakePin("11111"), limits), { ok: false, failure: "waiting-full" });
  t.match(limiter.acquireWaitingSlot(fakePin("22222"), limits), { ok: true });
  t.same(limiter.acquireWaitingSlot(fakePin("33333"), limits), { ok: false, failure: "waiting-full" }, "four in all");
  for (const place of first) if (place.ok) place.value();
  t.match(limiter.acquireWaitingSlot(fakePin("11111"), limits), { ok: true });
  t.end();
});
