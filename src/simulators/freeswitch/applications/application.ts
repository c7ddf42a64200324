import type { Execution } from "../execution.js";

/** A dialplan application. Returns nothing when it is done at once, else a promise that must not reject. */
export type Application = (execution: Execution) => Promise<void> | undefined;
