import type { Language } from "../../caller/language.js";
import { type KnownPrompt, readPrompts } from "../../softphone/prompt-library.js";
import { failure, type Result, success } from "../../util/result.js";
import { rejections } from "../verdict.js";

/** The recordings that a test phone recognises. Read once, because reading blocks calls for a moment. */
export class TestPrompts {
  #read: { readonly key: string; readonly prompts: readonly KnownPrompt[] } | undefined;

  /** @param directory on einwahl's machine; the failure is one line */
  async read(directory: string, language: Language): Promise<Result<readonly KnownPrompt[], string>> {
    const key = `${language} ${directory}`;
    if (this.#read?.key === key) return success(this.#read.prompts);
    const wanted = new Set(["enter-pin", ...Object.keys(rejections)].map((name) => `${language}/${name}`));
    const prompts = await readPrompts(directory, (name) => wanted.has(name));
    if (!prompts.ok) return failure(`prompts.directory can't be read on this machine: ${prompts.failure.reason}`);
    if (!prompts.value.some(({ name }) => name === `${language}/enter-pin`))
      return failure(`prompts.directory has no ${language}/enter-pin.wav on this machine`);
    this.#read = { key, prompts: prompts.value };
    return prompts;
  }
}
