import { Confidential } from "../caller/secret.js";

/** `number`: E.164 with `+`; `pin`: digits; `name`: letters, the display name of a caller. */
export type MarkKind = "number" | "pin" | "name";

/** Something that belongs to a test call and must not be found anywhere after it, or that is planted to be found. */
export class Mark extends Confidential {
  readonly kind: MarkKind;
  /** What it is, in words that do not reveal it: "the caller's number (hang-up while ringing)". */
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
