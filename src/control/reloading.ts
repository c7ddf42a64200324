import type { ReloadAnswer } from "./answers.js";

/** Reloads the configuration while calls are up. */
export interface Reloading {
  /**
   * Applies all changes in the file, or none, with the faults. Rejects only on a bug. May be called again (signal, another
   * command) before the previous call resolves.
   */
  reload(): Promise<ReloadAnswer>;
}
