import type { Execution } from "../execution.js";
import { playFile } from "./play-file.js";

/** `playback file`: digits in playback_terminators (default `*`) end it, others are discarded. */
export async function playback(execution: Execution): Promise<void> {
  const { channel, argument } = execution;
  channel.setVariable("playback_terminator_used", undefined);
  const outcome = await playFile(execution, argument, ({ digit }) => {
    const ends = terminators(channel.variable("playback_terminators") ?? "*").includes(digit);
    if (ends) channel.setVariable("playback_terminator_used", digit);
    return ends;
  });
  switch (outcome) {
    case "played":
    case "broken":
      execution.respond("FILE PLAYED");
      break;
    case "notFound":
      execution.respond("FILE NOT FOUND");
      break;
    case "failed":
      execution.respond("PLAYBACK ERROR");
      break;
  }
}

function terminators(text: string): string {
  const lower = text.toLowerCase();
  if (lower === "none") return "";
  return lower === "any" ? "1234567890*#" : text;
}
