import type { Sound } from "../call/interfaces.js";

/** Long enough for every look-up, and short: should einwahl die, FreeSWITCH plays it to its end before it hangs up. */
const musicTurns = 2;

/**
 * The argument of FreeSWITCH's `playback` for a row of sounds. All that goes into it comes from the configuration
 * and from fixed names; nothing that a caller typed or sent.
 * @param directory the prompts as FreeSWITCH sees them: `<language>/<name>.wav` and `music/hold.wav`
 */
export function playbackArgument(sounds: readonly Sound[], directory: string): string {
  return `file_string://${sounds.flatMap((sound) => files(sound, directory)).join("!")}`;
}

function files(sound: Sound, directory: string): string[] {
  if ("prompt" in sound) return [soundFile(sound, directory)];
  if ("music" in sound) return Array.from({ length: musicTurns }, () => soundFile(sound, directory));
  return [`silence_stream://${sound.silenceMs}`];
}

/** The file of a recording, as FreeSWITCH sees it. */
export function soundFile(sound: Exclude<Sound, { readonly silenceMs: number }>, directory: string): string {
  return "prompt" in sound
    ? `${directory}/${sound.language}/${sound.prompt}.wav`
    : `${directory}/music/${sound.music}.wav`;
}
