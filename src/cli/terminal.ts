import { styleText } from "node:util";

/** The meaning of a text; the terminal maps it to a colour. */
export type Style = "good" | "warning" | "bad" | "heading" | "quiet";

const looks = { good: "green", warning: "yellow", bad: "red", heading: "bold", quiet: "gray" } as const;

/** The subset of `WriteStream` used here. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, callback?: () => void): boolean;
  hasColors?(environment?: Record<string, string | undefined>): boolean;
}

const eraseLine = "\r\u001b[K";
const usualColumns = 80;

/** The output streams of a command: results to standard output, everything else to standard error. */
export class Terminal {
  readonly #output: OutputStream;
  readonly #errors: OutputStream;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  #hasProgress = false;

  constructor(output: OutputStream, errors: OutputStream, environment: Readonly<Record<string, string | undefined>>) {
    this.#output = output;
    this.#errors = errors;
    this.#environment = environment;
  }

  /** Characters in a line. */
  get columns(): number {
    return this.#output.columns ?? usualColumns;
  }

  /** Prints a line of the result. */
  print(line = ""): void {
    this.#clearProgress();
    this.#output.write(`${line}\n`);
  }

  /** Prints an error or progress line; never part of the result. */
  note(line: string): void {
    this.#clearProgress();
    this.#errors.write(`${line}\n`);
  }

  /** Prints a prompt for an answer on the same line. */
  ask(text: string): void {
    this.#clearProgress();
    this.#errors.write(text);
  }

  /** Shows progress on a line that the next one replaces; only on a terminal. */
  progress(text: string): void {
    if (this.#errors.isTTY !== true) return;
    this.#errors.write(`${eraseLine}${text.slice(0, (this.#errors.columns ?? usualColumns) - 1)}`);
    this.#hasProgress = true;
  }

  /** The text for `print`, coloured if the terminal supports it and `NO_COLOR` is not set. */
  style(style: Style, text: string): string {
    const stream = this.#output;
    const isColoured = stream.isTTY === true && stream.hasColors?.({ ...this.#environment }) === true;
    return isColoured ? styleText(looks[style], text, { validateStream: false }) : text;
  }

  /** Resolves when all output has been flushed, so that the process can exit. */
  async flush(): Promise<void> {
    this.#clearProgress();
    await Promise.all(
      [this.#output, this.#errors].map(
        (stream) =>
          new Promise<void>((resolve) => {
            stream.write("", resolve);
          }),
      ),
    );
  }

  #clearProgress(): void {
    if (!this.#hasProgress) return;
    this.#hasProgress = false;
    this.#errors.write(eraseLine);
  }
}
