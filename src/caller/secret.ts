import { inspect } from "node:util";

import { failure, type Result, success } from "../util/result.js";

/**
 * Text that must not end up in a log, a label or an error message by accident. However it is printed
 * (string, template, JSON, `util.inspect`, pino), only its mark comes out; reading it takes `reveal()`,
 * which is easy to search for.
 */
export abstract class Confidential {
  readonly #text: string;

  protected constructor(text: string) {
    this.#text = text;
  }

  /** What is printed instead of the text, for example `[pin]`. */
  protected abstract get mark(): string;

  /** The text itself. Whoever calls this answers for where it goes. */
  reveal(): string {
    return this.#text;
  }

  /** Whether the other one is of the same kind and holds the same text. */
  equals(other: Confidential): boolean {
    return this.mark === other.mark && this.#text === other.#text;
  }

  toString(): string {
    return this.mark;
  }

  toJSON(): string {
    return this.mark;
  }

  [Symbol.toPrimitive](): string {
    return this.mark;
  }

  [inspect.custom](): string {
    return this.mark;
  }
}

/** Twice the 15 digits of E.164, for numbers with prefixes of all kinds. */
const numberPattern = /^\+?[0-9]{1,30}$/;

/** A caller's number: E.164 with `+`, or bare digits where the country is not known. */
export class CallerNumber extends Confidential {
  private constructor(text: string) {
    super(text);
  }

  /** Takes `+?[0-9]+` with up to 30 digits and nothing else. */
  static parse(text: string): Result<CallerNumber, "not-a-number"> {
    if (!numberPattern.test(text)) return failure("not-a-number");
    return success(new CallerNumber(text));
  }

  protected override get mark(): string {
    return "[number]";
  }
}

/** The most digits that BBB's dialplan takes as a conference number (`^(\d{5,11})$`). */
export const maxPinLength = 11;

/** A conference's PIN. It is text: leading zeros count. */
export class Pin extends Confidential {
  private constructor(text: string) {
    super(text);
  }

  /** Takes 1 to 11 digits 0-9. */
  static parse(text: string): Result<Pin, "not-digits" | "length"> {
    if (text.length < 1 || text.length > maxPinLength) return failure("length");
    if (!/^[0-9]+$/.test(text)) return failure("not-digits");
    return success(new Pin(text));
  }

  protected override get mark(): string {
    return "[pin]";
  }
}

/** A password, a key or a shared secret of the configuration. */
export class Secret extends Confidential {
  private constructor(text: string) {
    super(text);
  }

  static of(text: string): Secret {
    return new Secret(text);
  }

  protected override get mark(): string {
    return "[secret]";
  }
}
