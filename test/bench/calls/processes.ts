import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

/** What a process has used since its start, its ended threads included. */
export interface Usage {
  readonly cpuMs: number;
  readonly residentKb: number;
}

/** sysconf(_SC_CLK_TCK) on Linux, for every architecture that Node runs on. */
const ticksPerSecond = 100;
/** About half a second. */
const speedBlocks = 200;

/** @param stat the text of /proc/PID/stat */
export function cpuOf(stat: string): number {
  // The name in parentheses may contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // proc(5): utime and stime are fields 14 and 15; the first one here is field 3.
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  if (!Number.isInteger(user) || !Number.isInteger(system)) throw new Error(`not /proc/PID/stat: ${stat}`);
  return ((user + system) * 1_000) / ticksPerSecond;
}

/** @param status the text of /proc/PID/status */
export function residentOf(status: string): number {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kb === undefined) throw new Error("no VmRSS in /proc/PID/status");
  return Number(kb);
}

/** Busy and total CPU time of the whole machine. @param stat the text of /proc/stat */
export function machineOf(stat: string): { readonly busyMs: number; readonly totalMs: number } {
  const line = /^cpu +(.*)$/m.exec(stat)?.[1];
  if (line === undefined) throw new Error("no cpu line in /proc/stat");
  // user nice system idle iowait irq softirq steal; guest times are contained in user and nice.
  const times = line.split(" ").slice(0, 8).map(Number);
  const total = times.reduce((sum, each) => sum + each, 0);
  const idle = (times[3] ?? 0) + (times[4] ?? 0);
  return { busyMs: ((total - idle) * 1_000) / ticksPerSecond, totalMs: (total * 1_000) / ticksPerSecond };
}

export function usageOf(pid: number): Usage {
  return {
    cpuMs: cpuOf(readFileSync(`/proc/${pid}/stat`, "utf8")),
    residentKb: residentOf(readFileSync(`/proc/${pid}/status`, "utf8")),
  };
}

export function machine(): { readonly busyMs: number; readonly totalMs: number } {
  return machineOf(readFileSync("/proc/stat", "utf8"));
}

/** What one core does now: SHA-256, MB a second. Virtual machines differ by the hour. */
export function coreSpeed(): number {
  const block = Buffer.alloc(1_000_000);
  const begin = performance.now();
  const hash = createHash("sha256");
  for (let count = 0; count < speedBlocks; count++) hash.update(block);
  hash.digest();
  return speedBlocks / ((performance.now() - begin) / 1_000);
}

/** The process of this name among a start script's descendants: pipes and maskers around it are no part of the figures. */
export function findProcess(ancestor: number, name: string): number {
  const parents = new Map<number, number>();
  const named: number[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const status = readStatus(Number(entry));
    if (status === undefined) continue;
    parents.set(Number(entry), Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]));
    if (/^Name:\s+(.*)$/m.exec(status)?.[1] === name) named.push(Number(entry));
  }
  const found = named.find((pid) => descends(pid, ancestor, parents));
  if (found === undefined) throw new Error(`no process ${name} below ${ancestor}`);
  return found;
}

function descends(pid: number, ancestor: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid, steps = 0; at !== undefined && steps < parents.size; steps++) {
    if (at === ancestor) return true;
    at = parents.get(at);
  }
  return false;
}

/** `undefined`: the process has ended. */
function readStatus(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return undefined;
  }
}
