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

/** `loop_playback +times file`: uuid_break ends one turn only, and digits stay queued. */
export async function loopPlayback(execution: Execution): Promise<void> {
  const { channel, argument } = execution;
  const [, times = "1", file = ""] = /^(?:\+(\d*)\S* +)?(.*)$/s.exec(argument) ?? [];
  if (file === "") {
    channel.hangUp("DESTINATION_OUT_OF_ORDER");
    return;
  }
  for (let left = Number(times); left > 0 && channel.isReady; left--) {
    const outcome = await playFile(execution, file, undefined);
    execution.respond(
      outcome === "notFound" ? "FILE NOT FOUND" : outcome === "failed" ? "PLAYBACK ERROR" : "FILE PLAYED",
    );
    if (outcome === "notFound" || outcome === "failed") return;
  }
}

function terminators(text: string): string {
  const lower = text.toLowerCase();
  if (lower === "none") return "";
  return lower === "any" ? "1234567890*#" : text;
}
