import { z } from "zod";

/* The responses on the control socket, except the status. Both ends validate with these schemas. */

const fault = z.object({
  path: z.string(),
  message: z.string(),
  cure: z.string(),
});

/** The result of a configuration reload. */
export const reloadAnswer = z.discriminatedUnion("outcome", [
  z.object({
    outcome: z.literal("reloaded"),
    changed: z
      .array(z.string())
      .readonly()
      .describe("The applied changes in readable form, for example: trunk easybell, 2 numbers."),
    needsRestart: z
      .array(z.string())
      .readonly()
      .describe("Settings that were changed in the file and take effect after a restart only."),
  }),
  z.object({
    outcome: z.literal("refused"),
    faults: z.array(fault).readonly().describe("The faults because of which nothing was changed."),
  }),
]);

export type ReloadAnswer = z.output<typeof reloadAnswer>;

/** Whether the instance is draining, and its number of calls. */
export const drainAnswer = z.object({
  isDraining: z.boolean(),
  calls: z.int().min(0),
});

export type DrainAnswer = z.output<typeof drainAnswer>;

/** Why a request was refused, as readable text. */
export const refusal = z.object({ reason: z.string() });
