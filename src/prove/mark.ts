import { Confidential } from "../caller/secret.js";

/** `number`: E.164 with `+`; `pin`: digits; `name`: letters, the display name of a caller. */
export type MarkKind = "number" | "pin" | "name";

/** A value of a test call that must not be found anywhere afterwards, or a planted value that must be found. */
export class Mark extends Confidential {
  readonly kind: MarkKind;
  /** A description that does not reveal it: "the caller's number (hang-up while ringing)". */
  readonly title: string;

  constructor(kind: MarkKind, title: string, text: string) {
    super(text);
    this.kind = kind;
    this.title = title;
  }

  protected override get mark(): string {
    return "[mark]";
  }
}
