import type { ReloadAnswer } from "./answers.js";

/** Reads the configuration again while calls are up. */
export interface Reloading {
  /**
   * Puts into effect what has changed in the file, or changes nothing and says why. Rejects for a bug only. May be
   * called again, by a signal or another command, before the last answer is there.
   */
  reload(): Promise<ReloadAnswer>;
}
