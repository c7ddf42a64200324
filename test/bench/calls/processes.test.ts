import process from "node:process";

import t from "tap";

import { coreSpeed, cpuOf, findProcess, machineOf, residentOf, usageOf } from "./processes.js";

await t.test("/proc/PID/stat: user and system time, whatever the name of the process", (t) => {
  const fields = "S 1 2 3 4 -1 4194560 100 0 0 0 123 45 0 0 20 0 5 0 999 1000 200";
  t.equal(cpuOf(`77 (freeswitch) ${fields}\n`), 1_680, "123 and 45 ticks of 10 ms");
  t.equal(cpuOf(`77 (a) b (c) ${fields}\n`), 1_680);
  t.throws(() => cpuOf("77 (x) S 1"), /not \/proc\/PID\/stat/);
  t.end();
});

await t.test("/proc/PID/status: resident memory", (t) => {
  t.equal(residentOf("Name:\tx\nVmHWM:\t  999 kB\nVmRSS:\t   12345 kB\n"), 12_345);
  t.throws(() => residentOf("Name:\tx\n"), /no VmRSS/);
  t.end();
});

await t.test("/proc/stat: idle and waiting for the disk are not busy, guests are not counted twice", (t) => {
  const stat = "cpu  100 10 40 700 50 1 9 90 77 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
  t.strictSame(machineOf(stat), { busyMs: 2_500, totalMs: 10_000 });
  t.end();
});

await t.test("this process", (t) => {
  const before = usageOf(process.pid);
  t.ok(before.residentKb > 10_000, `${before.residentKb} kB`);
  for (let rounds = 0; usageOf(process.pid).cpuMs < before.cpuMs + 30 && rounds < 1_000_000; rounds++);
  t.ok(usageOf(process.pid).cpuMs >= before.cpuMs + 30, "work is counted");
  t.equal(findProcess(process.pid, nameOf(process.title)), process.pid);
  t.ok(coreSpeed() > 1, "MB a second");
  t.throws(() => findProcess(process.pid, "no such name"), /no process/);
  t.end();
});

/** /proc has the first 15 bytes of the thread's name. */
function nameOf(title: string): string {
  return (title.split(/[ /]/).findLast((part) => part.startsWith("node")) ?? "node").slice(0, 15);
}
