import type { ApplicationStack } from "./application-stack.js";
import type { Channel } from "./channel.js";
import type { Digit } from "./digit-queue.js";

/** A running application. */
export class Execution {
  readonly channel: Channel;
  readonly argument: string;
  readonly #stack: ApplicationStack;
  readonly #breaks = new Set<() => void>();
  /** Takes the digits that come while this application is the innermost one; undefined leaves them where they are. */
  digitTaker: ((digit: Digit) => void) | undefined;

  constructor(channel: Channel, stack: ApplicationStack, argument: string) {
    this.channel = channel;
    this.#stack = stack;
    this.argument = argument;
  }

  /** No other application runs inside of this one. */
  get isInnermost(): boolean {
    return this.#stack.innermost === this;
  }

  /** What CHANNEL_EXECUTE_COMPLETE says as Application-Response. */
  respond(text: string): void {
    this.channel.setVariable("current_application_response", text);
  }

  /** From now on digits go to `taker`; those that wait go at once. */
  takeDigits(taker: (digit: Digit) => void): void {
    this.digitTaker = taker;
    this.channel.digits.drain();
  }

  /** Calls back at uuid_break and at the hang-up; the returned function ends that. */
  onBreak(listener: () => void): () => void {
    const { down } = this.channel;
    this.#breaks.add(listener);
    down.addEventListener("abort", listener);
    if (down.aborted) listener();
    return () => {
      this.#breaks.delete(listener);
      down.removeEventListener("abort", listener);
    };
  }

  /** uuid_break. */
  break(): void {
    for (const listener of [...this.#breaks]) listener();
  }
}
