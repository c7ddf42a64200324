import t from "tap";

import { timeoutMs } from "../support/deadline.js";
import { untilHeard } from "./support/hearing.js";
import { talk } from "./support/talk.js";
import { conferences, withCalls, World } from "./support/world.js";

const caller = "+4915223125678";
const other = "+4915223125679";
const [{ pin }] = conferences;

await t.test("limits for calls per number, and for callers with a withheld number", { timeout: 200_000 }, async (t) => {
  const world = await World.start(t, { settings: withCalls({ withheld_per_trunk: 1 }) });
  const phone = await world.phone();
  const before = await world.counts();
  const statusOf = async (
    number: string,
  ): Promise<{ readonly status: number; readonly hangUp: () => Promise<unknown> }> => {
    const call = await phone.dial({ ...world.line(), number });
    const answered = await call.answered;
    return { status: answered.ok ? 200 : answered.failure.status, hangUp: () => call.hangUp() };
  };

  const up = [await statusOf(caller), await statusOf(`0049${caller.slice(3)}`), await statusOf(caller)];
  t.strictSame(
    up.map(({ status }) => status),
    [200, 200, 200],
  );
  const busy = world.reports.next("the fourth call's report", ({ cause }) => cause === "number-busy");
  t.equal((await statusOf(caller)).status, 486, "the fourth call of the number");
  t.match(await busy, { mediaServer: undefined }, "for which no media server was asked");
  up.push(await statusOf(other));
  t.equal(up.at(-1)?.status, 200, "another number");

  up.push(await statusOf("anonymous"));
  t.equal(up.at(-1)?.status, 200);
  const withheld = world.reports.next("the second withheld call's report", ({ cause }) => cause === "withheld-busy");
  t.equal((await statusOf("anonymous")).status, 486);
  await withheld;

  await up[0]?.hangUp();
  await world.reports.next("the first call's report", ({ cause }) => cause === "caller-hung-up", { past: true });
  const again = await statusOf(caller);
  t.equal(again.status, 200, "after one of them is over");
  for (const call of [again, ...up.slice(1)]) await call.hangUp();
  t.strictSame(await world.leftBehind(before), {}, "nothing is left");
  t.strictSame(world.complaints([caller.slice(3)]), []);
});

await t.test("a caller without a number is removed, and the next one is rejected", { timeout: 200_000 }, async (t) => {
  const world = await World.start(t, { settings: withCalls({ withheld_after_removal: "refuse" }) });
  // A conference with a ban stays.
  world.expectedLeftovers = /^bbb-1\.conferences$/;
  const phone = await world.phone();
  const { call, member } = await talk(world, phone, { number: "anonymous" });
  const removed = world.reports.next("the removed call's report", ({ cause }) => cause === "removed");
  await world.bbbs[0].kick(member.memberId, { ban: true });
  await removed;
  await call.ended;

  const next = await phone.dial({ ...world.line(), number: "anonymous" });
  next.audio.listenForPrompts(world.prompts);
  t.match(await next.answered, { ok: true });
  await untilHeard(world, next, "de/welcome");
  const refused = world.reports.next("the next call's report", ({ cause }) => cause === "withheld-refused", {
    ms: timeoutMs,
  });
  await next.sendDigits(pin);
  await untilHeard(world, next, "de/conference-unavailable");
  t.match(await refused, { joins: 0 });
  t.match(
    await talk(world, phone, { number: caller }),
    { member: { name: caller.slice(-4) } },
    "a caller with a number joins",
  );
});
