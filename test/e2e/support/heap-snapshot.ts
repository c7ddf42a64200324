import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import type { Owner } from "./owner.js";
import { Program } from "./program.js";

const main = join(fileURLToPath(new URL("../../../", import.meta.url)), "src", "main.js");
const snapshotName = /\.heapsnapshot$/;
const lookEveryMs = 100;
/** 2 s on two idle processors, 20 s on busy ones. */
const writtenTimeoutMs = 120_000;

/** The built `einwahl run` in a separate process whose heap can be inspected. */
export class SnapshotProgram {
  readonly program: Program;
  readonly #folder: string;
  readonly #seen = new Set<string>();

  constructor(owner: Owner, settingsFile: string, folder: string) {
    this.#folder = folder;
    // V8 writes 1,024 characters of a string by default; an INVITE is longer.
    this.program = new Program(
      process.execPath,
      [
        "--enable-source-maps",
        "--heapsnapshot-signal=SIGUSR2",
        "--heap-snapshot-string-limit=1000000",
        main,
        "run",
        "--config",
        settingsFile,
      ],
      { cwd: folder },
    );
    owner.teardown(async () => {
      await this.program.stop();
    });
  }

  /** All strings in the heap, parents of sliced strings among them, after a full garbage collection. */
  async strings(): Promise<readonly string[]> {
    this.program.signal("SIGUSR2");
    const deadline = performance.now() + writtenTimeoutMs;
    while (performance.now() < deadline) {
      const name = (await readdir(this.#folder)).find((each) => snapshotName.test(each) && !this.#seen.has(each));
      if (name !== undefined && (await isComplete(join(this.#folder, name)))) {
        this.#seen.add(name);
        const { strings } = JSON.parse(await readFile(join(this.#folder, name), "utf8")) as {
          readonly strings: readonly string[];
        };
        return strings;
      }
      await setTimeout(lookEveryMs);
    }
    throw new Error(`no heap snapshot\n${this.program.tail()}`);
  }
}

/** Node writes the file in pieces; its last are `]` and `}`. */
async function isComplete(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read({ position: Math.max(0, size - 8), length: 8 });
    return buffer.subarray(0, bytesRead).toString().trimEnd().endsWith("]}");
  } finally {
    await file.close();
  }
}
