import { inspect } from "node:util";

import { failure, type Result, success } from "../util/result.js";

/**
 * Text that must not reach a log, a label or an error message by accident. All conversions (string, template, JSON,
 * `util.inspect`, pino) print its mark only; the text itself takes `reveal()`, which is easy to search for.
 */
export abstract class Confidential {
  readonly #text: string;

  protected constructor(text: string) {
    this.#text = text;
  }

  /** Printed instead of the text, for example `[pin]`. */
  protected abstract get mark(): string;

  /** Returns the text itself. The calling code is responsible for its use. */
  reveal(): string {
    return this.#text;
  }

  /** Whether both are of the same kind with the same text. */
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

/** Twice the 15 digits of E.164, for numbers with prefixes. */
const numberPattern = /^\+?[0-9]{1,30}$/;

/** A caller's number: E.164 with `+`, or bare digits if the country is unknown. */
export class CallerNumber extends Confidential {
  private constructor(text: string) {
    super(text);
  }

  /** Accepts only `+?[0-9]+` with up to 30 digits. */
  static parse(text: string): Result<CallerNumber, "not-a-number"> {
    if (!numberPattern.test(text)) return failure("not-a-number");
    return success(new CallerNumber(text));
  }

  protected override get mark(): string {
    return "[number]";
  }
}

/** Maximum length of a conference number in BBB's dialplan (`^(\d{5,11})$`). */
export const maxPinLength = 11;

/** A conference's PIN. Text, because leading zeros count. */
export class Pin extends Confidential {
  private constructor(text: string) {
    super(text);
  }

  /** Accepts 1 to 11 digits 0-9. */
  static parse(text: string): Result<Pin, "not-digits" | "length"> {
    if (text.length < 1 || text.length > maxPinLength) return failure("length");
    if (!/^[0-9]+$/.test(text)) return failure("not-digits");
    return success(new Pin(text));
  }

  protected override get mark(): string {
    return "[pin]";
  }
}

/** A password, key or shared secret of the configuration. */
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
