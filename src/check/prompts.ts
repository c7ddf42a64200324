import { promptNames } from "../call/prompts.js";
import type { Language } from "../caller/language.js";
import type { Config } from "../config/config.js";
import type { EventSocketSession } from "../media/event-socket-session.js";
import { soundFile } from "../media/sounds.js";
import { error, type Finding, fine, warning } from "./check.js";

const path = "prompts.directory";
const maxNamed = 5;

/** Checks that a media server finds all recordings in its own file system. */
export async function promptFindings(
  { prompts: { directory }, trunks }: Pick<Config, "prompts" | "trunks">,
  mediaServer: string,
  session: EventSocketSession,
): Promise<readonly Finding[]> {
  const languages = [...new Set(trunks.flatMap(({ numbers }) => numbers.flatMap((number) => number.languages)))];
  const files = [
    ...languages.flatMap((language) => promptNames.map((prompt) => soundFile({ prompt, language }, directory))),
    soundFile({ music: "hold" }, directory),
  ];
  const missing: string[] = [];
  for (const file of files) {
    const answer = await session.api(`file_exists ${file}`);
    if (!answer.ok || answer.value.startsWith("-"))
      return [
        warning(
          path,
          `${mediaServer} does not report whether the recordings exist`,
          "load mod_commands, or place a test call: einwahl call",
        ),
      ];
    if (answer.value.trim() !== "true") missing.push(file.slice(directory.length + 1));
  }
  if (missing.length === 0) return [fine(path, `${mediaServer} finds all recordings: ${languages.join(", ")}`)];
  if (missing.length === files.length) {
    return [
      error(
        path,
        `${mediaServer} finds no recording in ${directory}`,
        "write the directory's path on the media server, and copy freeswitch/sounds there",
      ),
    ];
  }
  return [
    error(
      path,
      `${mediaServer} lacks ${missing.length} of ${files.length} recordings: ${listOf(missing)}`,
      cureFor(languages),
    ),
  ];
}

function cureFor(languages: readonly Language[]): string {
  return `copy them from freeswitch/sounds, or record them in each language of your numbers (${languages.join(", ")}): 8 kHz, mono, 16 bit`;
}

function listOf(files: readonly string[]): string {
  const shown = files.slice(0, maxNamed).join(", ");
  return files.length > maxNamed ? `${shown} and ${files.length - maxNamed} more` : shown;
}
