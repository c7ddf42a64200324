import type { Logger } from "pino";

import type { LoggingConfig } from "../../config/config.js";
import type { Clock } from "../../util/clock.js";
import { DailyFile } from "./daily-file.js";
import { makeLogger } from "./make-logger.js";

export interface Log {
  readonly logger: Logger;
  /** Why the log files cannot be written now; `undefined`: they can. */
  readonly trouble: () => string | undefined;
  /** Writes the buffered lines and closes the file. */
  close(): Promise<void>;
}

/**
 * The log, on standard output or in files. A disk fault does not affect calls.
 *
 * @param note receives faults for stderr, since the log itself cannot be written
 */
export function openLog(
  { level, file: path, retentionDays }: LoggingConfig,
  clock: Clock,
  note: (text: string) => void,
): Log {
  if (path === undefined) {
    return { logger: makeLogger(level), trouble: () => undefined, close: () => Promise.resolve() };
  }
  const file = new DailyFile({
    path,
    retentionDays,
    clock,
    epochMs: Date.now,
    onTrouble: (what) => {
      note(what === undefined ? "The log can be written again." : `The log cannot be written: ${what}`);
    },
  });
  return { logger: makeLogger(level, file), trouble: () => file.trouble, close: () => file.close() };
}
