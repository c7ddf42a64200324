import { z } from "zod";

/* What goes over the control socket, besides the status. Both ends read by these schemas. */

const fault = z.object({
  path: z.string(),
  message: z.string(),
  cure: z.string(),
});

/** What came of reading the configuration again. */
export const reloadAnswer = z.discriminatedUnion("outcome", [
  z.object({
    outcome: z.literal("reloaded"),
    changed: z
      .array(z.string())
      .readonly()
      .describe("What is different from now on, as people say it: trunk easybell, 2 numbers."),
    needsRestart: z
      .array(z.string())
      .readonly()
      .describe("Settings that were changed in the file and go on as they were until a restart."),
  }),
  z.object({
    outcome: z.literal("refused"),
    faults: z.array(fault).readonly().describe("Why nothing was changed."),
  }),
]);

export type ReloadAnswer = z.output<typeof reloadAnswer>;

/** Whether new calls are admitted, and how many are up. */
export const drainAnswer = z.object({
  isDraining: z.boolean(),
  calls: z.int().min(0),
});

export type DrainAnswer = z.output<typeof drainAnswer>;

/** Why a request was not done, for people. */
export const refusal = z.object({ reason: z.string() });
