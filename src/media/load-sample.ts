import type { LoadSample } from "./server-load.js";

/**
 * Reads FreeSWITCH's answer to `status` (mod_commands.c, status_function).
 * @param answerMs the time from the command to its answer
 */
export function readLoad(status: string, answerMs: number): LoadSample {
  return {
    idlePercent: numberIn(/^min idle cpu \d+(?:\.\d+)?\/(\d+(?:\.\d+)?)/m, status),
    sessionsPerSecond: numberIn(/^\d+ session\(s\) per Sec out of max (\d+)/m, status),
    answerMs,
  };
}

function numberIn(pattern: RegExp, text: string): number | undefined {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
