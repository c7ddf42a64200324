import type { Sound } from "../call/interfaces.js";

/** Longer than any lookup, but short: if einwahl crashes, FreeSWITCH plays it to the end before it hangs up. */
const musicTurns = 2;

/**
 * The argument of FreeSWITCH's `playback` for a sequence of sounds. It contains only configuration values and fixed names,
 * never input from a caller.
 * @param directory on the media server, with `<language>/<name>.wav` and `music/hold.wav`
 */
export function playbackArgument(sounds: readonly Sound[], directory: string): string {
  return `file_string://${sounds.flatMap((sound) => files(sound, directory)).join("!")}`;
}

function files(sound: Sound, directory: string): string[] {
  if ("prompt" in sound) return [soundFile(sound, directory)];
  if ("music" in sound) return Array.from({ length: musicTurns }, () => soundFile(sound, directory));
  return [`silence_stream://${sound.silenceMs}`];
}

/** The path of a recording on the media server. */
export function soundFile(sound: Exclude<Sound, { readonly silenceMs: number }>, directory: string): string {
  return "prompt" in sound
    ? `${directory}/${sound.language}/${sound.prompt}.wav`
    : `${directory}/music/${sound.music}.wav`;
}
