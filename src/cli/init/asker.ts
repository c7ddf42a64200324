import { StringDecoder } from "node:string_decoder";

import { failure, type Result, success } from "../../util/result.js";
import type { InputStream } from "../input-stream.js";
import type { Terminal } from "../terminal.js";

/** One thing to find out. */
export interface Question {
  readonly text: string;
  /** The option or variable that answers it, as it is typed. */
  readonly name: string;
  /** What was typed as an option. */
  readonly given: string | undefined;
  /** What an empty answer means; `undefined`: there has to be one. */
  readonly fallback: string | undefined;
  readonly isSecret?: boolean;
  /** Brings the answer into the form in which it is written; the failure is read after the name. */
  readonly read: (text: string) => Result<string, string>;
}

/** Asked again so often on a terminal, when the answer makes no sense. */
const maxTries = 5;
const maxLineLength = 1_000;
const keys = { interrupt: "\u0003", end: "\u0004", backspace: "\u0008", delete: "\u007f" } as const;

/** Asks questions on a terminal, or takes lines of standard input as the answers. */
export class Asker {
  readonly #input: InputStream;
  readonly #terminal: Terminal;
  readonly #asks: boolean;
  readonly #decoder = new StringDecoder("utf8");
  #chunks: AsyncIterator<Buffer | string> | undefined;
  #ahead = "";

  /** @param asks false: every answer is an option or a default */
  constructor(input: InputStream, terminal: Terminal, asks: boolean) {
    this.#input = input;
    this.#terminal = terminal;
    this.#asks = asks;
  }

  /** The failure is a sentence for the one who asked for the file. */
  async ask(question: Question): Promise<Result<string, string>> {
    const { given, name, fallback, read } = question;
    if (given !== undefined) return named(name, read(given));
    if (!this.#asks) return fallback === undefined ? failure(`${name} is needed`) : read(fallback);
    const isTerminal = this.#input.isTTY === true;
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      const line = isTerminal ? await this.#prompt(question) : await this.#line();
      if (line === undefined && (isTerminal || fallback === undefined))
        return failure(isTerminal ? "stopped" : `${name} is needed: there is no line for it`);
      const text = (line ?? "").trim();
      if (text === "" && fallback === undefined) {
        if (!isTerminal) return failure(`${name} is needed: its line is empty`);
        continue;
      }
      const answer = text === "" ? success(fallback ?? "") : read(text);
      if (answer.ok || !isTerminal) return named(name, answer);
      this.#terminal.note(`  that ${answer.failure}`);
    }
    return failure(`${name} is needed`);
  }

  async #prompt({ text, fallback, isSecret = false }: Question): Promise<string | undefined> {
    const prompt = `${text}${fallback === undefined ? "" : ` [${fallback}]`}: `;
    if (!isSecret) {
      this.#terminal.ask(prompt);
      return await this.#line();
    }
    // Before the question is there: whoever pastes the answer is faster than we are.
    this.#input.setRawMode?.(true);
    try {
      this.#terminal.ask(prompt);
      return await this.#unseenLine();
    } finally {
      this.#input.setRawMode?.(false);
      this.#terminal.note("");
    }
  }

  /** `undefined`: there are no more. */
  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#ahead.indexOf("\n");
      if (end >= 0 || this.#ahead.length > maxLineLength) {
        const line = this.#ahead.slice(0, end < 0 ? maxLineLength : end);
        this.#ahead = this.#ahead.slice(line.length + 1);
        return line.replace(/\r$/, "");
      }
      const more = await this.#more();
      if (more === undefined) {
        const rest = this.#ahead;
        this.#ahead = "";
        return rest === "" ? undefined : rest;
      }
      this.#ahead += more;
    }
  }

  /** The line that is typed key by key, with nothing of it on the screen; `undefined`: broken off. */
  async #unseenLine(): Promise<string | undefined> {
    let line = "";
    for (;;) {
      for (const key of this.#ahead) {
        this.#ahead = this.#ahead.slice(key.length);
        if (key === "\r" || key === "\n") return line;
        if (key === keys.interrupt || key === keys.end) return undefined;
        if (key === keys.backspace || key === keys.delete) line = line.slice(0, -1);
        else if (line.length < maxLineLength) line += key;
      }
      const more = await this.#more();
      if (more === undefined) return undefined;
      this.#ahead += more;
    }
  }

  async #more(): Promise<string | undefined> {
    this.#chunks ??= this.#input[Symbol.asyncIterator]();
    const next = await this.#chunks.next();
    if (next.done === true) return undefined;
    return typeof next.value === "string" ? next.value : this.#decoder.write(next.value);
  }
}

function named(name: string, answer: Result<string, string>): Result<string, string> {
  return answer.ok ? answer : failure(`${name} ${answer.failure}`);
}
