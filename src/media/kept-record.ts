import process from "node:process";

import type { CallerEndpoint } from "../call/interfaces.js";
import { changeVariable, languageVariable, recordVariable } from "./left-channels.js";
import type { SealedRecord } from "./record-seal.js";

type Language = Parameters<CallerEndpoint["keep"]>[1];

export interface KeptRecordParts {
  readonly channelId: string;
  /** Encrypts a record's text for a channel variable. @param base the record of which it is a change */
  readonly seal: (text: string, base?: SealedRecord) => string;
  /** Runs an API command, without its response. */
  readonly api: (command: string, argument: string) => void;
}

/**
 * The call's record in variables of the caller's channel. FreeSWITCH 1.10.12 reads commands byte by byte (channel-socket.ts):
 * so a record travels in the argument of an application that begins at the same moment, and else only its change is sent.
 */
export class KeptRecord {
  readonly #parts: KeptRecordParts;
  #pending: { readonly text: string; readonly language: Language } | undefined;
  /** The whole record that the channel has. */
  #base: SealedRecord | undefined;
  #language: Language | undefined;

  constructor(parts: KeptRecordParts) {
    this.#parts = parts;
  }

  /** Sends the record in this turn of the event loop. */
  keep(text: string, language: Language): void {
    if (this.#pending === undefined)
      process.nextTick(() => {
        this.flush();
      });
    this.#pending = { text, language };
  }

  /**
   * Adds a pending record to the argument of `playback` or `bridge`, both of which take variables in braces: FreeSWITCH
   * runs the API command when it expands the argument, and "+OK" becomes the value of a variable without meaning.
   */
  carriedBy(argument: string): string {
    const pending = this.#pending;
    if (pending === undefined) return argument;
    this.#pending = undefined;
    this.#language = pending.language;
    const sealed = this.#whole(pending.text);
    const variables = `${recordVariable}=${sealed};${languageVariable}=${pending.language}`;
    return `{einwahl_kept=\${uuid_setvar_multi(${this.#parts.channelId} ${variables})}}${argument}`;
  }

  /** Sends a pending record at once. */
  flush(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const base = this.#base;
    if (base === undefined) this.#set(recordVariable, this.#whole(pending.text));
    else this.#set(changeVariable, this.#parts.seal(pending.text, base));
    if (pending.language === this.#language) return;
    this.#language = pending.language;
    this.#set(languageVariable, pending.language);
  }

  #whole(text: string): string {
    const sealed = this.#parts.seal(text);
    this.#base = { text, sealed };
    return sealed;
  }

  #set(variable: string, value: string): void {
    this.#parts.api("uuid_setvar", `${this.#parts.channelId} ${variable} ${value}`);
  }
}
