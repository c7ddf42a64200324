import type { Execution } from "../execution.js";

/** A dialplan application. Returns undefined if it completes synchronously, otherwise a promise that must not reject. */
export type Application = (execution: Execution) => Promise<void> | undefined;
