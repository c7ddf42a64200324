import t from "tap";

import { WebhookRecord } from "../../src/bbb/webhook-record.js";
import { FakeClock } from "../support/fake-clock.js";

await t.test("webhooks with an invalid checksum are reported once, then rate-limited with a count", async (t) => {
  const clock = new FakeClock();
  const record = new WebhookRecord(clock);
  const told: string[] = [];
  record.events = {
    onRefused: (count) => told.push(`${count} refused`),
    onRestored: () => told.push("good again"),
  };
  record.taken();
  t.strictSame(told, [], "a valid one is not reported");
  for (let post = 0; post < 500; post++) record.refused();
  t.strictSame(told, ["1 refused"]);
  t.match(record.state, { ageMs: 0, refused: 500, refusedAgeMs: 0 });
  await clock.advance(600_000);
  record.refused();
  t.strictSame(told, ["1 refused", "500 refused"]);
  record.taken();
  record.taken();
  t.strictSame(told.slice(2), ["good again"]);
  record.refused();
  record.taken();
  t.strictSame(told.length, 3, "an unknown source between valid ones does not fill the log");
  await clock.advance(1_000);
  t.match(record.state, { ageMs: 1_000, refused: 502, refusedAgeMs: 1_000 });
});
