import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { pino } from "pino";
import t from "tap";

import type { CallReport } from "../../../src/call/progress.js";
import { CallLog } from "../../../src/monitoring/log/call-log.js";
import { openLog } from "../../../src/monitoring/log/open-log.js";
import { systemClock } from "../../../src/util/clock.js";
import { FakeClock } from "../../support/fake-clock.js";

const report: CallReport = {
  cause: "caller-hung-up",
  origin: "regular",
  trunk: "easybell",
  calledNumberFrom: "request-uri",
  mediaServer: "media-1",
  server: "bbb-1",
  codec: "PCMA",
  srtp: { trunk: "AES_CM_128_HMAC_SHA1_80", bbb: "AEAD_AES_256_GCM" },
  pinsTyped: 1,
  lookups: ["open"],
  joins: 1,
  audio: { packets: 3_000, lossRate: 0 },
  stages: [
    { stage: "ringing", ms: 120 },
    { stage: "talking", ms: 61_000 },
  ],
  totalMs: 61_120,
};

await t.test("one line per call; all lines have its id", (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = new CallLog(
    pino(
      { level: "info", base: null },
      { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
    ),
    systemClock,
  );
  log.onStage("a", "ringing");
  log.onPin("a", "open");
  log.onEnd("a", report);
  log.onEnd("b", { ...report, cause: "media-lost", server: undefined });
  t.match(lines, [
    { level: 30, call: "a", msg: "call ended", result: "caller", ...report },
    { level: 40, call: "b", msg: "call ended", result: "failed", cause: "media-lost" },
  ]);
  t.equal(lines.length, 2);
  t.end();
});

await t.test(
  "a thousand calls from unknown sources cause one line a minute, and a refused call of a trunk has its own line",
  async (t) => {
    const lines: Record<string, unknown>[] = [];
    const clock = new FakeClock();
    const log = new CallLog(
      pino(
        { level: "info", base: null },
        { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
      ),
      clock,
    );
    const scan = (count: number): void => {
      for (let n = 0; n < count; n++) {
        log.onStage(`scan-${n}`, "ringing");
        log.onEnd(`scan-${n}`, { ...report, cause: "unknown-source", trunk: undefined });
      }
    };
    scan(1_000);
    log.onEnd("a", { ...report, cause: "unknown-number", trunk: undefined });
    t.match(lines, [{ call: "a", cause: "unknown-number", msg: "call ended" }]);
    await clock.advance(59_999);
    t.equal(lines.length, 1);
    await clock.advance(1);
    t.match(lines[1], { level: 30, msg: "calls refused", refused: { "unknown-source": 1_000 }, withinSeconds: 60 });
    await clock.advance(600_000);
    t.equal(lines.length, 2, "nothing is logged while nothing happens");
    scan(7);
    log.close();
    t.match(lines[2], { refused: { "unknown-source": 7 } });
    t.equal(lines.length, 3);
    t.equal(clock.pending, 0);
  },
);

await t.test("in files, as configured", async (t) => {
  const folder = t.testdir();
  const notes: string[] = [];
  const log = openLog({ level: "debug", file: join(folder, "einwahl.log"), retentionDays: 2 }, systemClock, (text) =>
    notes.push(text),
  );
  const calls = new CallLog(log.logger, systemClock);
  calls.onStage("a", "ringing");
  calls.onEnd("a", report);
  await log.close();
  const [name = ""] = readdirSync(folder);
  t.match(name, /^einwahl-\d{4}-\d{2}-\d{2}\.log$/);
  const lines = readFileSync(join(folder, name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.match(lines, [
    { call: "a", stage: "ringing", msg: "stage" },
    { call: "a", msg: "call ended" },
  ]);
  t.equal(log.trouble(), undefined);
  t.same(notes, []);
});
