import t from "tap";

import { failure, success } from "../../src/util/result.js";
import { CallHarness, type CallScript, someAdmission } from "../support/call-harness.js";

/** Each with its SIP response; `Warning` and `Retry-After` as RFC 3261 section 20 has them. */
const refusals: readonly {
  readonly name: string;
  readonly changes: Partial<CallScript>;
  readonly cause: string;
  readonly status: number;
  readonly header?: readonly [name: string, value: RegExp];
}[] = [
  {
    name: "source address of no trunk",
    changes: { admission: failure("unknown-source") },
    cause: "unknown-source",
    status: 403,
  },
  {
    name: "dialled number of no trunk",
    changes: { admission: failure("unknown-number") },
    cause: "unknown-number",
    status: 404,
  },
  {
    name: "offer of plain RTP",
    changes: { offer: "plain" },
    cause: "plain-rtp",
    status: 488,
    header: ["Warning", /^399 einwahl ".*SRTP.*"$/],
  },
  {
    name: "Require with an unsupported extension",
    changes: { flaw: "bad-extension" },
    cause: "bad-extension",
    status: 420,
  },
  { name: "INVITE without Contact", changes: { flaw: "bad-contact" }, cause: "bad-contact", status: 400 },
  {
    name: "body of an unsupported type",
    changes: { offer: "unsupported-body" },
    cause: "unsupported-body",
    status: 415,
    header: ["Accept", /application\/sdp/],
  },
  {
    name: "unusable offer",
    changes: { offer: "unusable" },
    cause: "unusable-offer",
    status: 488,
    header: ["Warning", /^305 einwahl ".+"$/],
  },
  {
    name: "unusable offer, although the trunk permits plain RTP",
    changes: { offer: "unusable", admission: success(someAdmission({ srtp: "optional" })) },
    cause: "unusable-offer",
    status: 488,
  },
  {
    name: "all call slots are taken",
    changes: { place: "too-many-calls" },
    cause: "too-many-calls",
    status: 503,
    header: ["Retry-After", /^\d+$/],
  },
  {
    name: "the media servers have too much to do",
    changes: { turn: "overloaded" },
    cause: "overloaded",
    status: 503,
    header: ["Retry-After", /^\d+$/],
  },
  { name: "all channels of the trunk are taken", changes: { place: "trunk-busy" }, cause: "trunk-busy", status: 486 },
  {
    name: "einwahl is draining",
    changes: { place: "draining" },
    cause: "draining",
    status: 503,
    header: ["Retry-After", /^\d+$/],
  },
];

for (const { name, changes, cause, status, header } of refusals) {
  await t.test(`${name}: ${status}, and no media channel is opened`, async (t) => {
    const world = CallHarness.checked(t, changes);
    const report = await world.run();
    t.equal(report.cause, cause);
    t.equal(world.call.refusals.length, 1);
    t.equal(world.call.refusals[0]?.status, status);
    if (header !== undefined) t.match(world.call.refusals[0]?.headers[header[0]], header[1]);
    t.equal(world.opens, 0);
    t.equal(world.call.rings, 0);
    t.equal(world.call.accepts, 0);
    t.strictSame(world.stages, ["ringing", "ending"]);
    t.equal(report.totalMs, 0);
  });
}

await t.test("no slot for the number, or for callers without one: 486, and no media channel is opened", async (t) => {
  for (const place of ["number-busy", "withheld-busy"] as const) {
    const world = CallHarness.checked(t, { place });
    t.equal((await world.run()).cause, place);
    t.match(world.call.refusals, [{ status: 486, reason: "Busy Here" }]);
    t.equal(world.opens, 0);
  }
});

await t.test("refused after ringing: the slot is released", async (t) => {
  const cases: readonly (readonly [string, Partial<CallScript>, number])[] = [
    ["media-unavailable", { openFailure: "media-unavailable" }, 503],
    ["unusable-offer", { openFailure: "unusable-offer" }, 488],
    ["media-unavailable", { openMs: "never" }, 503],
    ["plain-rtp", { suite: undefined }, 488],
    ["answer-failed", { acceptOutcome: failure("answer-failed") }, 500],
    ["answer-failed", { acceptMs: "never" }, 500],
  ];
  for (const [cause, changes, status] of cases) {
    const world = CallHarness.checked(t, changes);
    const report = await world.run();
    t.equal(report.cause, cause);
    t.strictSame(
      world.call.refusals.map((answer) => answer.status),
      [status],
    );
    t.equal(world.placesGivenBack, 1);
    t.strictSame(world.call.hangUps, []);
  }
});

await t.test("CANCEL while ringing: only the SIP server responds", async (t) => {
  const world = CallHarness.checked(t, { openMs: 1_000 });
  world.begin();
  await world.clock.advance(500);
  world.call.hangUpByCaller();
  const report = await world.finish();
  t.equal(report.cause, "cancelled");
  t.strictSame(world.call.refusals, []);
  t.equal(world.call.accepts, 0);
  t.equal(world.endpoint.releases, 1, "the endpoint that arrives after the caller has gone is released");
});

await t.test("an endpoint opened after the end of the call is released", async (t) => {
  const world = CallHarness.checked(t, { openMs: 20_000 });
  const report = await world.run();
  t.equal(report.cause, "media-unavailable");
  t.equal(world.endpoints.length, 0);
  t.equal(world.placesGivenBack, 1);
  await world.clock.advance(20_000);
  t.equal(world.endpoint.releases, 1);
});

await t.test("CANCEL while the 200 is in flight", async (t) => {
  const world = CallHarness.checked(t, { acceptMs: 500 });
  world.begin();
  await world.clock.advance(100);
  world.call.hangUpByCaller();
  const report = await world.finish();
  t.equal(report.cause, "cancelled");
  t.strictSame(world.call.refusals, []);
  t.strictSame(world.call.hangUps, []);
});
