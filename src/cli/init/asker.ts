import { StringDecoder } from "node:string_decoder";

import { failure, type Result, success } from "../../util/result.js";
import type { InputStream } from "../command.js";
import type { Terminal } from "../terminal.js";

/** One question. */
export interface Question {
  readonly text: string;
  /** The option or environment variable that answers it. */
  readonly name: string;
  /** The value of the option. */
  readonly given: string | undefined;
  /** The default for an empty answer; `undefined`: an answer is required. */
  readonly fallback: string | undefined;
  readonly isSecret?: boolean;
  /** Normalises the answer; the failure is read after the name. */
  readonly read: (text: string) => Result<string, string>;
}

/** Attempts on a terminal after invalid answers. */
const maxTries = 5;
const maxLineLength = 1_000;
const keys = { interrupt: "\u0003", end: "\u0004", backspace: "\u0008", delete: "\u007f" } as const;

/** Asks questions on a terminal, or reads the answers as lines of standard input. */
export class Asker {
  readonly #input: InputStream;
  readonly #terminal: Terminal;
  readonly #asks: boolean;
  readonly #decoder = new StringDecoder("utf8");
  #chunks: AsyncIterator<Buffer | string> | undefined;
  #ahead = "";

  /** @param asks false: use only options and defaults */
  constructor(input: InputStream, terminal: Terminal, asks: boolean) {
    this.#input = input;
    this.#terminal = terminal;
    this.#asks = asks;
  }

  /** The failure is a sentence for the user. */
  async ask(question: Question): Promise<Result<string, string>> {
    const { given, name, fallback, read } = question;
    if (given !== undefined) return named(name, read(given));
    if (!this.#asks) return fallback === undefined ? failure(`${name} is needed`) : read(fallback);
    const isTerminal = this.#input.isTTY === true;
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      const line = isTerminal ? await this.#prompt(question) : await this.#line();
      if (line === undefined && (isTerminal || fallback === undefined))
        return failure(isTerminal ? "stopped" : `${name} is needed: its line is missing`);
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
    // Start reading before the question is printed: a pasted answer may arrive first.
    this.#input.setRawMode?.(true);
    try {
      this.#terminal.ask(prompt);
      return await this.#unseenLine();
    } finally {
      this.#input.setRawMode?.(false);
      this.#terminal.note("");
    }
  }

  /** `undefined`: end of input. */
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

  /** Reads a line in raw mode without echo; `undefined`: cancelled. */
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
