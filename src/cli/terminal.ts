import { styleText } from "node:util";

/** What a piece of text means; the terminal knows how that looks. */
export type Style = "good" | "warning" | "bad" | "heading" | "quiet";

const looks = { good: "green", warning: "yellow", bad: "red", heading: "bold", quiet: "gray" } as const;

/** As much of a `WriteStream` as is needed here. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, callback?: () => void): boolean;
  hasColors?(environment?: Record<string, string | undefined>): boolean;
}

const eraseLine = "\r\u001b[K";
const usualColumns = 80;

/** The two output streams of a command: its outcome goes to one, everything else to the other. */
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

  /** A line of the outcome. */
  print(line = ""): void {
    this.#clearProgress();
    this.#output.write(`${line}\n`);
  }

  /** A line about what went wrong or goes on; never part of the outcome. */
  note(line: string): void {
    this.#clearProgress();
    this.#errors.write(`${line}\n`);
  }

  /** A question, whose answer is typed behind it. */
  ask(text: string): void {
    this.#clearProgress();
    this.#errors.write(text);
  }

  /** What goes on now, on one line that the next one replaces; nothing where nobody watches. */
  progress(text: string): void {
    if (this.#errors.isTTY !== true) return;
    this.#errors.write(`${eraseLine}${text.slice(0, (this.#errors.columns ?? usualColumns) - 1)}`);
    this.#hasProgress = true;
  }

  /** The text for `print`, in colour if the outcome goes to a terminal that has colours and nobody minds (`NO_COLOR`). */
  style(style: Style, text: string): string {
    const stream = this.#output;
    const isColoured = stream.isTTY === true && stream.hasColors?.({ ...this.#environment }) === true;
    return isColoured ? styleText(looks[style], text, { validateStream: false }) : text;
  }

  /** Resolves when everything has been handed to the system, so that the process may end. */
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
