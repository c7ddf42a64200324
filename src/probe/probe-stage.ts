/** The steps of a test call in their order; a verdict names the first that failed. */
export const probeStages = [
  "connect",
  "answer",
  "media",
  "prompt",
  "pin",
  "join",
  "tone",
  "end",
  "recording",
  "interrupted",
] as const;

export type ProbeStage = (typeof probeStages)[number];
