/** The steps of a test call in order; a verdict contains the first that failed. */
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
