import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import t, { type Test } from "tap";

import { DailyFile } from "../../../src/monitoring/log/daily-file.js";
import { DayNames, dayOf } from "../../../src/monitoring/log/day-names.js";
import { FakeClock } from "../../support/fake-clock.js";

const noon = Date.parse("2026-11-20T12:00:00Z");
const hour = 3_600_000;

interface LogFixture {
  readonly folder: string;
  readonly path: string;
  readonly clock: FakeClock;
  readonly troubles: (string | undefined)[];
  readonly open: (retentionDays?: number) => DailyFile;
  readonly text: (day: string) => string;
  /** Advances both clocks and waits for due timers. */
  readonly pass: (file: DailyFile, ms: number) => Promise<void>;
}

function makeFixture(t: Test): LogFixture {
  const folder = t.testdir();
  const path = join(folder, "log", "einwahl.log");
  const clock = new FakeClock();
  const troubles: (string | undefined)[] = [];
  return {
    folder,
    path,
    clock,
    troubles,
    open: (retentionDays = 7) => {
      const file = new DailyFile({
        path,
        retentionDays,
        clock,
        epochMs: () => noon + clock.now(),
        onTrouble: (what) => troubles.push(what),
      });
      t.teardown(() => file.close());
      return file;
    },
    text: (day) => readFileSync(join(folder, "log", `einwahl-2026-${day}.log`), "utf8"),
    pass: async (file, ms) => {
      await clock.advance(ms);
      await file.flush();
    },
  };
}

await t.test("one file per day, in a directory that is created", async (t) => {
  const { folder, open, text, clock } = makeFixture(t);
  const file = open();
  file.write("one\n");
  file.write("two ä\n");
  await file.flush();
  t.equal(text("11-20"), "one\ntwo ä\n");
  await clock.advance(12 * hour - 1);
  file.write("the day's last\n");
  await clock.advance(1);
  file.write("the next day's first\n");
  await file.close();
  t.equal(
    text("11-20"),
    "one\ntwo ä\nthe day's last\n",
    "each line in the file of its day, although it was written later",
  );
  t.equal(text("11-21"), "the next day's first\n");
  t.equal(statSync(join(folder, "log")).mode & 0o777, 0o750);
  t.equal(statSync(join(folder, "log", "einwahl-2026-11-20.log")).mode & 0o777, 0o640, "not for everybody to read");
  t.equal(clock.pending, 0);
  file.write("too late\n");
  await file.flush();
  t.notMatch(text("11-21"), "too late");
});

await t.test("expired files are deleted at the start and while nothing is logged", async (t) => {
  const { folder, open, pass, clock } = makeFixture(t);
  mkdirSync(join(folder, "log"));
  const days = ["2026-11-01", "2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"];
  for (const day of days) writeFileSync(join(folder, "log", `einwahl-${day}.log`), "old\n");
  const others = [
    "einwahl.log",
    "einwahl-2026-11-01.log.gz",
    "einwahl-2026-13-01.log",
    "other-2026-11-01.log",
    "einwahl-notes.log",
    "xeinwahl-2026-11-01.log",
  ];
  for (const name of others) writeFileSync(join(folder, "log", name), "not ours\n");
  mkdirSync(join(folder, "log", "einwahl-2026-11-02.log"));
  const ours = (): string[] =>
    readdirSync(join(folder, "log"))
      .filter((name) => !others.includes(name) && name !== "einwahl-2026-11-02.log")
      .sort();
  const file = open(3);
  await pass(file, 0);
  t.same(
    ours(),
    ["einwahl-2026-11-18.log", "einwahl-2026-11-19.log", "einwahl-2026-11-20.log"],
    "today and two days before",
  );
  await pass(file, 12 * hour - 1);
  t.equal(ours().length, 3, "still, one millisecond before midnight");
  await pass(file, 60_000);
  t.same(
    ours(),
    ["einwahl-2026-11-19.log", "einwahl-2026-11-20.log"],
    "a minute after midnight its lines would get older than three days",
  );
  await pass(file, 48 * hour);
  t.same(ours(), []);
  t.same(
    readdirSync(join(folder, "log")).sort(),
    [...others, "einwahl-2026-11-02.log"].sort(),
    "nothing else is touched",
  );
  t.equal(clock.pending, 1, "one timer in all cases");
});

await t.test("with a retention of one day no line is older than one day", async (t) => {
  const { folder, open, pass } = makeFixture(t);
  const file = open(1);
  file.write("today's\n");
  await pass(file, 11 * hour);
  t.equal(existsSync(join(folder, "log", "einwahl-2026-11-20.log")), true);
  await pass(file, hour + 60_000);
  t.equal(existsSync(join(folder, "log", "einwahl-2026-11-20.log")), false);
});

await t.test("a full disk loses log lines only, and their number is logged afterwards", async (t) => {
  const { folder, open, text, pass, troubles, clock } = makeFixture(t);
  if (!existsSync("/dev/full")) {
    t.pass("no /dev/full here", { skip: "no /dev/full here" });
    return;
  }
  mkdirSync(join(folder, "log"));
  const today = join(folder, "log", "einwahl-2026-11-20.log");
  symlinkSync("/dev/full", today);
  const file = open();
  file.write("first\n");
  await file.flush();
  t.same(troubles, ["ENOSPC: no space left on device, write"]);
  t.equal(file.trouble, "ENOSPC: no space left on device, write");
  // More than the buffer.
  for (let line = 0; line < 30; line++) file.write(`${"x".repeat(99_999)}\n`);
  await pass(file, 10_000);
  t.equal(troubles.length, 1, "reported once");
  t.ok(clock.pending <= 2, "one try at a time");
  unlinkSync(today);
  await pass(file, 10_000);
  t.same(troubles, ["ENOSPC: no space left on device, write", undefined]);
  const lines = text("11-20").split("\n");
  t.equal(lines[0], "first");
  const lost = JSON.parse(lines.at(-2) ?? "") as { lost: number; level: number; time: number; msg: string };
  t.match(lost, { level: 40, time: noon + 20_000, msg: "log lines were lost" });
  t.equal(lines.filter((line) => line.startsWith("x")).length + lost.lost, 30, "each line is there or counted");
  t.ok(lost.lost > 5 && lost.lost < 25);
  file.write("goes on\n");
  await file.flush();
  t.match(text("11-20"), /goes on\n$/);
});

await t.test("lines that expired while waiting for the disk are not written", async (t) => {
  const { folder, open, pass } = makeFixture(t);
  mkdirSync(join(folder, "log"));
  const blocked = ["einwahl-2026-11-20.log", "einwahl-2026-11-21.log"].map((name) => join(folder, "log", name));
  for (const path of blocked) mkdirSync(path);
  const file = open(1);
  file.write("waits too long\n");
  await pass(file, 13 * hour);
  file.write("waits\n");
  await file.flush();
  for (const path of blocked) rmSync(path, { recursive: true });
  await pass(file, 10_000);
  t.same(readdirSync(join(folder, "log")), ["einwahl-2026-11-21.log"]);
  t.equal(readFileSync(blocked[1] ?? "", "utf8"), "waits\n");
});

await t.test("a directory that cannot be created, and one that appears later", async (t) => {
  const { folder, open, text, pass, troubles } = makeFixture(t);
  writeFileSync(join(folder, "log"), "in the way");
  const file = open();
  file.write("one\n");
  await pass(file, 0);
  t.equal(troubles.length, 1);
  t.match(file.trouble, /EEXIST|ENOTDIR/);
  rmSync(join(folder, "log"));
  await pass(file, 60_000);
  t.equal(text("11-20"), "one\n");
  t.equal(file.trouble, undefined);
});

await t.test("a removed file is created again", async (t) => {
  const { folder, open, text, pass } = makeFixture(t);
  const file = open();
  file.write("one\n");
  await file.flush();
  rmSync(join(folder, "log"), { recursive: true });
  await pass(file, 60_000);
  file.write("two\n");
  await file.flush();
  t.equal(text("11-20"), "two\n");
});

await t.test("names of files and their days", (t) => {
  const names = new DayNames("/var/log/ein.wahl.log");
  const day = dayOf(noon);
  t.equal(names.path(day), "/var/log/ein.wahl-2026-11-20.log");
  t.equal(names.dayOf("ein.wahl-2026-11-20.log"), day);
  for (const name of [
    "ein.wahl.log",
    "ein.wahl-2026-11-20.log.1",
    "ein.wahl-2026-02-31x.log",
    "ein.wahl-20261120.log",
    "-2026-11-20.log",
    "ein.wahl-2026-11-40.log",
  ])
    t.equal(names.dayOf(name), undefined, name);
  const bare = new DayNames("log");
  t.equal(bare.dayOf("log-2026-11-20"), day);
  t.equal(bare.path(day), "log-2026-11-20");
  t.end();
});
