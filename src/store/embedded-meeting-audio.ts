import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import type { AudioBridge, AudioBridges } from "../call/interfaces.js";
import { failure, type Result, success } from "../util/result.js";
import { replaceFile } from "./replace-file.js";

const fileName = "meeting-audio.json";
/** The oldest are dropped first: more than the concurrent meetings of a cluster, and the file stays small. */
const maxMeetings = 2_000;
const content = z.strictObject({
  meetings: z.array(z.tuple([z.string().max(200), z.enum(["freeswitch", "livekit"])])).max(maxMeetings),
});

/** Audio bridges by meeting id, in one small file. */
export class EmbeddedMeetingAudio implements AudioBridges {
  readonly #path: string;
  readonly #onTrouble: (what: string) => void;
  readonly #bridges: Map<string, AudioBridge>;
  #trouble: string | undefined;
  /** Serialises writes; each writes the latest state. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, bridges: Map<string, AudioBridge>, onTrouble: (what: string) => void) {
    this.#path = path;
    this.#bridges = bridges;
    this.#onTrouble = onTrouble;
  }

  /** @param directory already locked by a room store */
  static async open(
    directory: string,
    onTrouble: (what: string) => void,
  ): Promise<Result<EmbeddedMeetingAudio, string>> {
    const path = join(directory, fileName);
    try {
      const { meetings } = content.parse(JSON.parse(await readFile(path, "utf8")));
      return success(new EmbeddedMeetingAudio(path, new Map(meetings), onTrouble));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT")
        return success(new EmbeddedMeetingAudio(path, new Map(), onTrouble));
      return failure(`${path} can't be read; remove it: the audio bridges of running meetings are detected again`);
    }
  }

  async add(meetingId: string, bridge: AudioBridge): Promise<void> {
    this.#bridges.delete(meetingId);
    this.#bridges.set(meetingId, bridge);
    for (const oldest of this.#bridges.keys()) {
      if (this.#bridges.size <= maxMeetings) break;
      this.#bridges.delete(oldest);
    }
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  of(meetingId: string): Promise<AudioBridge | undefined> {
    return Promise.resolve(this.#bridges.get(meetingId));
  }

  async #write(): Promise<void> {
    const written = await replaceFile(this.#path, `${JSON.stringify({ meetings: [...this.#bridges] })}\n`);
    const trouble = written.ok ? undefined : written.failure;
    // Report a persistent fault once.
    if (trouble !== undefined && trouble !== this.#trouble) this.#onTrouble(trouble);
    this.#trouble = trouble;
  }
}
