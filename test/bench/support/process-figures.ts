import { readdir, readFile } from "node:fs/promises";

/** What Linux counts for some processes together. */
export interface ProcessFigures {
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** Processor time of all threads since the start, in milliseconds. */
  readonly cpuMs: number;
}

/** Linux's USER_HZ, on all architectures that Node supports. */
const ticksPerSecond = 100;
const bytesPerKilobyte = 1_024;

/** @param stat of /proc/PID/stat  @param status of /proc/PID/status */
export function readFigures(stat: string, status: string): ProcessFigures & { readonly group: number } {
  // The command's name, in brackets, can contain spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [group, user, system] = [fields[2], fields[11], fields[12]].map(Number);
  if (group === undefined || user === undefined || system === undefined || Number.isNaN(system))
    throw new Error("not a stat file of /proc");
  // A process that has just ended has no VmRSS.
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? "0");
  return { group, rss: kilobytes * bytesPerKilobyte, cpuMs: ((user + system) * 1_000) / ticksPerSecond };
}

/** The sums of process groups: an engine is a child of its start script. In the order of `groups`. */
export async function groupFigures(groups: readonly number[]): Promise<readonly ProcessFigures[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    pids.map(async (pid) => {
      try {
        const [stat, status] = await Promise.all([
          readFile(`/proc/${pid}/stat`, "utf8"),
          readFile(`/proc/${pid}/status`, "utf8"),
        ]);
        return readFigures(stat, status);
      } catch {
        // It has ended since.
        return undefined;
      }
    }),
  );
  return groups.map((group) => {
    const members = all.filter((figures) => figures?.group === group);
    return {
      rss: members.reduce((sum, each) => sum + (each?.rss ?? 0), 0),
      cpuMs: members.reduce((sum, each) => sum + (each?.cpuMs ?? 0), 0),
    };
  });
}
