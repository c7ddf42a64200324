import t from "tap";

import type { EndCause } from "../../../src/call/cause.js";
import type { CallReport, Stage } from "../../../src/call/progress.js";
import { CallBoard } from "../../../src/monitoring/status/call-board.js";
import { statusReport } from "../../../src/monitoring/status/status-report.js";

const begin = Date.parse("2026-11-20T12:07:00Z");
const minute = 60_000;

function reportOf(cause: EndCause, passed: readonly Stage[] = ["ringing", "ending"]): CallReport {
  return {
    cause,
    origin: "regular",
    trunk: "easybell",
    calledNumberFrom: "to",
    mediaServer: "fs1",
    server: undefined,
    codec: "PCMA",
    srtp: { trunk: "AES_CM_128_HMAC_SHA1_80", bbb: undefined },
    pinsTyped: 0,
    lookups: [],
    joins: 0,
    audio: { packets: 3_000, lossRate: 0 },
    stages: passed.map((stage) => ({ stage, ms: 10 })),
    totalMs: 10 * passed.length,
  };
}

await t.test("calls are counted in their current stage, and not after their end", (t) => {
  const board = new CallBoard(() => begin);
  board.onStage("a", "ringing", {});
  board.onStage("b", "talking", { trunk: "easybell", server: "bbb-1" });
  board.onStage("c", "joining", { trunk: "easybell", server: "bbb-1" });
  board.onStage("a", "greeting", { trunk: "other" });
  t.equal(board.calls, 3);
  t.match(board.byStage(), { ringing: 0, greeting: 1, joining: 1, talking: 1 });
  t.equal(board.callsOver("easybell"), 2);
  t.equal(board.callersOn("bbb-1"), 1, "a joining caller does not count yet");
  for (const id of ["a", "b", "c"]) board.onEnd(id, reportOf("caller-hung-up"));
  t.equal(board.calls, 0);
  t.strictSame(
    Object.values(board.byStage()).filter((count) => count > 0),
    [],
  );
  t.end();
});

await t.test("a day of slots without gaps; old slots are dropped", (t) => {
  let now = begin;
  const board = new CallBoard(() => now);
  board.onEnd("a", reportOf("conference-ended"));
  board.onEnd("b", reportOf("media-lost"));
  now += 20 * minute;
  board.onEnd("c", reportOf("unknown-source"));
  const { slots, slotMinutes } = board.day();
  t.equal(slots.length * slotMinutes, 24 * 60);
  t.equal(slots[0]?.at, "2026-11-19T12:30:00.000Z");
  t.strictSame(slots.at(-1), { at: "2026-11-20T12:15:00.000Z", calls: 1, failed: 0, refused: 1 });
  t.strictSame(slots.at(-2), { at: "2026-11-20T12:00:00.000Z", calls: 2, failed: 1, refused: 0 });
  t.strictSame(board.causes(), [
    { cause: "conference-ended", result: "finished", count: 1 },
    { cause: "media-lost", result: "failed", count: 1 },
    { cause: "unknown-source", result: "refused", count: 1 },
  ]);
  now += 23 * 60 * minute + 40 * minute;
  t.strictSame(board.causes(), [{ cause: "unknown-source", result: "refused", count: 1 }]);
  t.equal(board.day().slots[0]?.calls, 1);
  now += 15 * minute;
  t.strictSame(board.causes(), []);
  t.equal(
    board.day().slots.reduce((sum, { calls }) => sum + calls, 0),
    0,
  );
  t.end();
});

await t.test("the last failures: some per cause, regardless of other causes", (t) => {
  let now = begin;
  const board = new CallBoard(() => now);
  board.onEnd("lost", reportOf("media-lost", ["ringing", "greeting", "asking", "talking", "ending"]));
  for (let scan = 0; scan < 1_000; scan++) {
    now += 1_000;
    board.onEnd(`scan-${scan}`, { ...reportOf("unknown-source"), trunk: undefined });
  }
  board.onEnd("well", reportOf("conference-ended"));
  board.onEnd("left", reportOf("caller-hung-up"));
  const failures = board.lastFailures();
  t.equal(failures.length, 9);
  t.equal(failures[0]?.callId, "scan-999", "the newest first");
  t.strictSame(failures.at(-1), {
    at: "2026-11-20T12:07:00.000Z",
    callId: "lost",
    cause: "media-lost",
    result: "failed",
    stage: "talking",
    trunk: "easybell",
    mediaServer: "fs1",
    server: null,
  });
  t.strictSame(statusReport.shape.lastFailures.parse(failures), failures);
  t.end();
});

await t.test("a failure is kept for seven days, even without later calls", (t) => {
  const day = 24 * 60 * minute;
  let now = begin;
  const board = new CallBoard(() => now);
  board.onEnd("first", reportOf("media-lost"));
  now += day;
  board.onEnd("second", reportOf("media-lost"));
  now = begin + 7 * day - 1;
  t.strictSame(
    board.lastFailures().map(({ callId }) => callId),
    ["second", "first"],
  );
  now = begin + 7 * day;
  t.strictSame(
    board.lastFailures().map(({ callId }) => callId),
    ["second"],
  );
  now = begin + 8 * day;
  t.strictSame(board.lastFailures(), []);
  t.end();
});
